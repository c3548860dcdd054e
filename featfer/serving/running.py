"""uvicorn as `featfer serve` runs it: silent but for faults, and ended without waiting for photos that are worked on."""

import uvicorn

GRACE = 3  # seconds that answers are given to get through when the server ends


class Server(uvicorn.Server):
    """Runs an application that make_app made."""

    def __init__(self, app):
        super().__init__(uvicorn.Config(app, log_config=None, log_level="warning", access_log=False, server_header=False,
                                        ws="none", timeout_graceful_shutdown=GRACE))

    async def shutdown(self, sockets=None):
        self.config.app.state.worker.end()
        await super().shutdown(sockets)
