"""uvicorn as `featfer serve` runs it: it prints errors only, and ends without waiting for photos in work."""

from __future__ import annotations

import socket
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from featfer.serving.connections import BACKLOG, Connection, count_possible_connections, silence_full_errors

GRACE = 3      # seconds for answers to be sent when the server ends
PENDING = 512  # connections that may wait to be accepted


class Server(uvicorn.Server):
    """Runs an application made by `featfer.serving.app.make_app`.

    Parameters
    ----------
    app : fastapi.FastAPI
    """

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, log_level="error", access_log=False, server_header=False,
                                        ws="none", http=Connection, loop="asyncio", backlog=BACKLOG,
                                        timeout_graceful_shutdown=GRACE))
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, with no more connections than the machine can have."""
        limits = self._app.state.limits
        most = count_possible_connections() or limits.connections
        self._app.state.limits = replace(limits, connections=min(limits.connections, most))
        silence_full_errors()
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(PENDING)  # asyncio has one number for this and for how many are accepted at a time

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the work, then the server."""
        self._app.state.worker.end()
        await super().shutdown(sockets)
