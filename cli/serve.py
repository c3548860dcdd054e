"""featfer serve"""

from __future__ import annotations

import click
from featfer_cli import options


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="Address to listen on; 0.0.0.0 lets other machines in.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, metavar="N",
              help="Port to listen on; 0 for any that is free.")
@options.model
@options.smallest_face
@options.no_face
@options.reject
@options.labels
@options.prior
@options.no_verify
@options.device
@options.model_precision
def serve(host: str, port: int, model: str, smallest_face: int | None, no_face: str, reject: float, labels: str | None,
          prior: str | None, no_verify: bool, device: str, precision: str | None) -> None:
    """Serve a web page for photos and the webcam, and an HTTP API, on this machine.

    Photos stay in memory; nothing is stored, and nothing leaves this machine. Ctrl-C ends the server.

    \b
    featfer serve
    featfer serve --port 8080 --model small
    curl -F files=@photo.jpg http://127.0.0.1:8000/predict
    curl -F files=@photo.jpg "http://127.0.0.1:8000/predict?reject=0.5"
    """
    from featfer.serving import serve as run

    run(model, host, port, verify=not no_verify, ready=_announce, labels=labels, no_face=no_face, smallest=smallest_face,
        reject=reject, prior=prior, device=device, precision=precision)


def _announce(address: str, is_public: bool) -> None:
    click.echo(f"Open {address} in a browser. Ctrl-C ends the server.")
    if is_public:
        click.echo("Warning: every machine that can reach this one may use the server; it asks for no password.", err=True)
