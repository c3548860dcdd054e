"""Who may ask, and what browsers may do with the answers."""

import ipaddress
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders

# The page's own files and nothing else; photos stay in memory, so that not even blob: is needed.
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
                               "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses requests that pages of other sites send, and adds SECURITY to every answer.

    local: refuse Host headers other than this machine's own names; a site can make its name point here (DNS rebinding), and
    its page could then read the answers.
    """

    def __init__(self, app, local):
        self._app, self._local = app, local

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_secured(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)
        reason = self._refusal(Headers(scope=scope))
        answer = JSONResponse({"detail": reason}, 403) if reason else self._app
        await answer(scope, receive, send_secured)

    def _refusal(self, headers):
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._local and not is_local(_name(host)):
            return f"the Host header {host!r} is not a name of this machine: ask for localhost or 127.0.0.1"
        if origin is not None and origin.partition("://")[2] != host:
            return f"a page of {origin!r} may not use this server"
        return None


def is_local(host):
    """Say whether a host's name or address is that of the machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(host):
    """Return the name in a Host header, without its port; empty when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
