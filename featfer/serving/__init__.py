"""Serving: a recognizer behind a web page and an HTTP API, made for use on one machine."""

from featfer.serving.limits import Limits
from featfer.serving.server import serve

__all__ = ["Limits", "serve"]
