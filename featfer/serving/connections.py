"""Connections with deadlines, and no more of them than the machine has file descriptors for."""

from __future__ import annotations

import asyncio
import errno
import os
from asyncio import AbstractEventLoop, TimerHandle, Transport
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from featfer.serving.limits import Limits
from featfer.serving.worker import RETRY_AFTER

BACKLOG = 16   # connections accepted at a time; out of descriptors, asyncio tries and complains as many times
RESERVED = 48  # descriptors kept for connections just accepted, and for files
FULL = b'{"detail":"too many connections: try again in %d s"}' % RETRY_AFTER
REFUSAL = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
           b"Retry-After: %d\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (RETRY_AFTER, len(FULL), FULL))
OUT_OF_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Connection(H11Protocol):
    """A connection of uvicorn with deadlines.

    It is closed when the head of a request, or a request with its answer, takes longer than the limits allow. When there are
    too many connections, the one that has been idle longest is closed; if none is idle, the new one is refused.
    """

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        app: Any = config.app  # made by `featfer.serving.app.make_app`
        self._limits: Limits = app.state.limits
        self._stage: tuple[Any, ...] = ()
        self._since = 0.0
        self._deadline: TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether the connection waits for a request, or for the rest of its head."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # that of a socket can be written to
        """Accept a connection, and drop or refuse one if there are too many."""
        super().connection_made(transport)
        self._update_deadline()
        if len(self.connections) > self._limits.connections:
            others = (other for other in self.connections if isinstance(other, Connection) and other is not self)
            idle = [other for other in others if other.is_idle]
            if idle:
                min(idle, key=lambda other: other._since)._drop()
            else:
                self.connections.discard(self)
                transport.write(REFUSAL)
                transport.close()

    def data_received(self, data: bytes) -> None:
        """Take in data, unless the connection is closing."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._update_deadline()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._update_deadline()

    def send_400_response(self, msg: str) -> None:
        """Refuse a malformed request; drop the connection if an answer has begun."""
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self._drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline."""
        if self._deadline:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _update_deadline(self) -> None:
        """Start a new deadline when a request has come, or its answer is complete."""
        stage = self.cycle, self.is_idle
        if stage == self._stage:
            return
        self._stage, self._since = stage, self.loop.time()
        if self._deadline:
            self._deadline.cancel()
        seconds = self._limits.head_seconds + (0 if self.is_idle else 2 * self._limits.seconds)
        self._deadline = self.loop.call_later(seconds, self._drop)

    def _drop(self) -> None:
        self.connections.discard(self)  # at once, so that no other is dropped in its place
        self.transport.abort()


def count_possible_connections() -> int | None:
    """Return for how many connections there are descriptors (int); None if the system does not say."""
    try:
        import resource
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return max(1, most - len(os.listdir("/dev/fd")) - RESERVED) if most != resource.RLIM_INFINITY else None
    except (ImportError, OSError):
        return None


def silence_full_errors() -> None:
    """Let the running event loop print nothing when it is out of descriptors or memory: it goes on by itself."""
    asyncio.get_running_loop().set_exception_handler(_handle_error)


def _handle_error(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if not isinstance(error, MemoryError) and getattr(error, "errno", None) not in OUT_OF_ROOM:
        loop.default_exception_handler(context)
