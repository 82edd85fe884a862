"""What stands before every request: a bound on its body, and the headers of every answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Nothing from elsewhere, nothing inline: what the page needs are its own files and its own API.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware: reads a body whole, up to a bound and in bounded time, and adds ``HEADERS``.

    Args:
        app: what it stands before.
        max_body: the most bytes of a body.
        seconds: the longest that a body may take to come in.
        idle: the longest that nothing of it may come in.
    """

    def __init__(self, app: App, max_body: int, seconds: float, idle: float) -> None:
        self.app, self.max_body, self.seconds, self.idle = app, max_body, seconds, idle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = with_headers(send)
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.seconds):
                body = await self._body(scope, receive)
        except TimeoutError:
            told = f"the body took longer than {self.seconds:g} s, or nothing of it came for {self.idle:g} s"
            await refuse(send, 408, told)
            return
        if body is None:
            await refuse(send, 413, f"the body is larger than {self.max_body} bytes")
            return
        given = False

        async def replay() -> MutableMapping[str, Any]:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body; None if it is too large, or if the client left."""
        told = dict(scope["headers"]).get(b"content-length", b"")
        if told.isdigit() and (len(told) > 12 or int(told) > self.max_body):
            return None
        parts, size = [], 0
        while True:
            async with asyncio.timeout(self.idle):
                message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_body:
                return None
            if not message.get("more_body"):
                return b"".join(parts)


def with_headers(send: Send) -> Send:
    """Add ``HEADERS`` to the answer.

    Args:
        send: takes the answer's messages.

    Returns:
        What takes them and passes them on.
    """

    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", ()), *own]}
        await send(message)

    return send_with_headers


async def refuse(send: Send, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
    """Refuse a request before its body is read.

    Args:
        send: takes the answer's messages.
        status: of the answer.
        detail: why, in a line.
        headers: further ones.
    """
    # the rest of the body stays unread: the connection cannot be used again
    told = {"content-type": "application/json", "connection": "close", **(headers or {})}
    encoded = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": json.dumps({"detail": detail}).encode()})
