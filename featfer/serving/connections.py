"""Connections with deadlines, and no more of them than there is room for."""

import asyncio
import errno
import os

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from featfer.serving.worker import RETRY_AFTER

BACKLOG = 16   # connections that are accepted at a time; asyncio, out of descriptors, tries and complains as often
RESERVED = 48  # descriptors that are left for those just accepted, and for files
FULL = b'{"detail":"too many connections: try again in %d s"}' % RETRY_AFTER
REFUSAL = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
           b"Retry-After: %d\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (RETRY_AFTER, len(FULL), FULL))
OUT_OF_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Connection(H11Protocol):
    """uvicorn's connection, closed where a request's head takes longer than the limit `head_seconds`, or a request with its
    answer longer than it may. Where there are more connections than the limit, the one that has been without a request
    longest is closed; where all have one, the new one is refused."""

    def __init__(self, config, *args, **kwargs):
        super().__init__(config, *args, **kwargs)
        self._limits = config.app.state.limits
        self._stage, self._since, self._deadline = (), 0.0, None

    @property
    def is_idle(self):
        """Say whether it waits for a request, or for the rest of one's head."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport):
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > self._limits.connections:
            idle = [other for other in self.connections if other is not self and other.is_idle]
            if idle:
                min(idle, key=lambda other: other._since)._drop()
            else:
                self.connections.discard(self)
                transport.write(REFUSAL)
                transport.close()

    def data_received(self, data):
        if not self.transport.is_closing():
            super().data_received(data)
            self._watch()

    def on_response_complete(self):
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg):
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer is on its way already
            self._drop()

    def connection_lost(self, exc):
        self._deadline.cancel()
        super().connection_lost(exc)

    def _watch(self):
        """Start a deadline where the connection has come to another request, or to the end of its answer."""
        stage = self.cycle, self.is_idle
        if stage == self._stage:
            return
        self._stage, self._since = stage, self.loop.time()
        if self._deadline:
            self._deadline.cancel()
        seconds = self._limits.head_seconds + (0 if self.is_idle else 2 * self._limits.seconds)
        self._deadline = self.loop.call_later(seconds, self._drop)

    def _drop(self):
        self.connections.discard(self)  # now, so that no other is dropped in its place
        self.transport.abort()


def room():
    """Return how many connections there are descriptors for; None where the system does not say."""
    try:
        import resource
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return max(1, most - len(os.listdir("/dev/fd")) - RESERVED) if most != resource.RLIM_INFINITY else None
    except (ImportError, OSError):
        return None


def pass_over_full():
    """Let the running event loop say nothing where a connection cannot be accepted, or is closed, for want of room or memory:
    it goes on by itself."""
    def handle(loop, context):
        error = context.get("exception")
        if not isinstance(error, MemoryError) and getattr(error, "errno", None) not in OUT_OF_ROOM:
            loop.default_exception_handler(context)
    asyncio.get_running_loop().set_exception_handler(handle)
