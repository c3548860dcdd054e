"""Expressions in a camera's picture or a video while it runs: faces tracked, expressions smoothed, drawn, written and shown."""

from featfer.live.session import LiveSummary, live

__all__ = ["LiveSummary", "live"]
