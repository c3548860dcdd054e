"""Serve the file of a trained recognizer until interrupted."""

import importlib
import socket

from featfer.bundle.persist import DEFAULT, find_bundle, load_recognizer, read_card
from featfer.errors import BundleError, MissingError, ParameterError
from featfer.utils.environment import name_install_command


def serve(model=DEFAULT, host="127.0.0.1", port=8000, verify=True, limits=None, ready=None, labels=None,
          no_face="skip", smallest=None, reject=0.0, prior=None, device=None):
    """Serve the page and the API until interrupted (Ctrl-C).

    Parameters
    ----------
    model, verify, labels, prior, device
        As for `featfer.bundle.persist.load_recognizer`.
    host, port : str, int
        Where to listen; port 0 is any free one.
    limits, no_face, smallest, reject
        As for `featfer.serving.app.make_app`.
    ready : callable, optional
        Called once the model is loaded, with the page's address and whether other machines can reach it.

    Raises
    ------
    MissingError
        Without fastapi, uvicorn and python-multipart.
    ParameterError
        For an address at which the server cannot listen.
    BundleError
        For a model that cannot be loaded.
    """
    _check_packages()
    from featfer.serving.app import make_app
    from featfer.serving.security import is_local
    from featfer.serving.uvicorn_server import Server
    local = is_local(host)
    with _listen(host, port) as listening:
        recognizer = load_recognizer(model, verify, labels, prior, device).warm_up("torch")
        app = make_app(recognizer, limits, find_bundle(model).stem, _read_card(model, verify), local, no_face, smallest,
                       reject)
        if ready:
            ready(_format_address(host, listening.getsockname()[1]), not local)
        try:
            Server(app).run(sockets=[listening])
        except KeyboardInterrupt:  # uvicorn has ended cleanly and passes it on
            return


def _check_packages():
    try:
        for name in ("fastapi", "python_multipart", "uvicorn"):
            importlib.import_module(name)
    except ImportError as error:
        raise MissingError("serving needs fastapi, uvicorn and python-multipart; "
                           f"{name_install_command('serve')}") from error


def _listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, TypeError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ParameterError(f"host {host!r}, port {port}: cannot listen there ({reason}); name another port or host") from None


def _read_card(model, verify):
    """Return the card of a model; without `verify`, None if it has none that can be read."""
    try:
        return read_card(model)
    except BundleError:
        if verify:
            raise
        return None


def _format_address(host, port):
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
