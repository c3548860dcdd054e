"""uvicorn as `featfer serve` runs it: silent but for faults, and ended without waiting for photos that are worked on."""

from dataclasses import replace

import uvicorn

from featfer.serving.connections import BACKLOG, Connection, pass_over_full, room

GRACE = 3      # seconds that answers are given to get through when the server ends
PENDING = 512  # connections that may wait to be accepted


class Server(uvicorn.Server):
    """Runs an application that make_app made."""

    def __init__(self, app):
        super().__init__(uvicorn.Config(app, log_config=None, log_level="error", access_log=False, server_header=False,
                                        ws="none", http=Connection, loop="asyncio", backlog=BACKLOG,
                                        timeout_graceful_shutdown=GRACE))

    async def startup(self, sockets):
        limits = self.config.app.state.limits
        self.config.app.state.limits = replace(limits, connections=min(limits.connections, room() or limits.connections))
        pass_over_full()
        await super().startup(sockets)
        for listening in sockets:
            listening.listen(PENDING)  # asyncio takes one number for this and for how many it accepts at a time

    async def shutdown(self, sockets=None):
        self.config.app.state.worker.end()
        await super().shutdown(sockets)
