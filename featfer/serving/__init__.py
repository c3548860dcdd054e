"""Serving: a recognizer behind a web page and an HTTP API, made for the machine that it runs on."""

from featfer.serving.limits import Limits
from featfer.serving.server import serve

__all__ = ["Limits", "serve"]
