"""Which requests are answered, and what browsers may do with the answers."""

from __future__ import annotations

import ipaddress
from functools import partial
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Only the page's own files; photos stay in memory, so that not even blob: is needed.
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
    """ASGI middleware that refuses requests from pages of other sites, and adds SECURITY to the headers of every answer.

    Parameters
    ----------
    app : ASGI application
    local : bool
        Refuse Host headers other than this machine's own names. Otherwise another site could let its name point to this machine
        (DNS rebinding), and its page could read the answers.
    """

    def __init__(self, app: ASGIApp, local: bool) -> None:
        self._app, self._local = app, local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        reason = self._find_refusal(Headers(scope=scope))
        answer = JSONResponse({"detail": reason}, 403) if reason else self._app
        await answer(scope, receive, partial(_send_secured, send))

    def _find_refusal(self, headers: Headers) -> str | None:
        """Return why a request is refused (str), or None."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._local and not is_local(_parse_host(host)):
            return f"the Host header {host!r} is not a name of this machine: ask for localhost or 127.0.0.1"
        if origin is not None and origin.partition("://")[2] != host:
            return f"a page of {origin!r} may not use this server"
        return None


async def _send_secured(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        MutableHeaders(scope=message).update(SECURITY)
    await send(message)


def is_local(host: str) -> bool:
    """Say whether a host's name or address is that of this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parse_host(host: str) -> str:
    """Return the name in a Host header without its port; "" for an invalid header."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
