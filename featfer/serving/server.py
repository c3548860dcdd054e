"""Serve the file of a trained recognizer until interrupted."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from featfer.bundle.persist import DEFAULT, find_bundle, load_recognizer, read_card
from featfer.errors import BundleError, MissingError, ParameterError
from featfer.typing import Path
from featfer.utils.environment import name_install_command

if TYPE_CHECKING:
    from featfer.serving.limits import Limits


def serve(model: Path = DEFAULT, host: str = "127.0.0.1", port: int = 8000, verify: bool = True, limits: Limits | None = None,
          ready: Callable[[str, bool], object] | None = None, labels: str | None = None, no_face: str = "skip",
          smallest: float | None = None, reject: float = 0.0, prior: str | None = None, device: str | None = None,
          precision: str | None = None) -> None:
    """Serve the page and the API until interrupted (Ctrl-C).

    Parameters
    ----------
    model, verify, labels, prior, device, precision
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
    ParameterError, BundleError
        For an address at which the server cannot listen; for a model that cannot be loaded.
    """
    _check_packages()
    from featfer.serving.app import make_app
    from featfer.serving.security import is_local
    from featfer.serving.uvicorn_server import Server
    local = is_local(host)
    with _listen(host, port) as listening:
        recognizer = load_recognizer(model, verify, labels, prior, device, precision).warm_up()
        app = make_app(recognizer, limits, find_bundle(model).stem, _read_card(model, verify), local, no_face, smallest,
                       reject)
        if ready:
            ready(_format_address(host, listening.getsockname()[1]), not local)
        try:
            Server(app).run(sockets=[listening])
        except KeyboardInterrupt:  # uvicorn has ended cleanly and passes it on
            return


def _check_packages() -> None:
    try:
        for name in ("fastapi", "python_multipart", "uvicorn"):
            importlib.import_module(name)
    except ImportError as error:
        raise MissingError("serving needs fastapi, uvicorn and python-multipart; "
                           f"{name_install_command('serve')}") from error


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, TypeError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ParameterError(f"host {host!r}, port {port}: cannot listen there ({reason}); name another port or host") from None


def _read_card(model: Path, verify: bool) -> dict[str, Any] | None:
    """Return the card of a model; without `verify`, None if it has none that can be read."""
    try:
        return read_card(model)
    except BundleError:
        if verify:
            raise
        return None


def _format_address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
