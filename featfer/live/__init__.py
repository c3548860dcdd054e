"""Expressions in a camera's picture or a video while it runs: faces tracked, expressions smoothed, drawn, written and shown."""

from featfer.live.session import Summary, live

__all__ = ["Summary", "live"]
