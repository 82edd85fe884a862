"""What stands before every request: bounds on its body and on all bodies, and the headers of every answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
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


@dataclass(eq=False, slots=True)
class _Body:
    """A body that is held, as far as it has come in; one that is dropped makes room for others."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    whole: bool = False
    dropped: bool = False

    def drop(self) -> None:
        """Let go of what has come in."""
        self.parts, self.size, self.dropped = [], 0, True


class Guard:
    """ASGI middleware: reads a body whole, up to a bound and in bounded time, and adds ``HEADERS``.

    Bodies are held until they are answered. Where all of them together go over their bound, the one that has owed its
    rest for longest makes room, so that whoever sends halves of bodies keeps nobody out.

    Args:
        app: what it stands before.
        max_body: the most bytes of a body.
        max_bodies: the most bytes of all bodies that are held.
        seconds: the longest that a body may take to come in.
        idle: the longest that nothing of it may come in.
    """

    def __init__(self, app: App, max_body: int, max_bodies: int, seconds: float, idle: float) -> None:
        self.app, self.max_body, self.max_bodies, self.seconds, self.idle = app, max_body, max_bodies, seconds, idle
        self._held: list[_Body] = []  # the longest held first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = with_headers(send)
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        self._held.append(body := _Body())
        try:
            await self._pass_on(body, scope, receive, send)
        finally:
            self._held.remove(body)

    async def _pass_on(self, body: _Body, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self.seconds):
                content = await self._read(body, scope, receive)
        except TimeoutError:
            told = f"the body took longer than {self.seconds:g} s, or nothing of it came for {self.idle:g} s"
            await refuse(send, 408, told)
            return
        if body.dropped:
            await refuse(send, 503, "busy: ask again later", {"retry-after": "2"})
            return
        if content is None:
            await refuse(send, 413, f"the body is larger than {self.max_body} bytes")
            return
        given = False

        async def replay() -> MutableMapping[str, Any]:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": content, "more_body": False}

        await self.app(scope, replay, send)

    async def _read(self, body: _Body, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body; None if it is too large or was dropped, or if the client left."""
        told = dict(scope["headers"]).get(b"content-length", b"")
        if told.isdigit() and (len(told) > 12 or int(told) > self.max_body):
            return None
        while True:
            async with asyncio.timeout(self.idle):
                message = await receive()
            if message["type"] == "http.disconnect" or body.dropped:
                return None
            body.parts.append(message.get("body", b""))
            body.size += len(body.parts[-1])
            if body.size > self.max_body:
                return None
            self._make_room()
            if body.dropped:
                return None
            if not message.get("more_body"):
                body.whole = True
                content, body.parts = b"".join(body.parts), []
                return content

    def _make_room(self) -> None:
        """Drop bodies that are still coming in, the longest held first, until the rest are within their bound."""
        over = sum(body.size for body in self._held) - self.max_bodies
        for body in self._held:
            if over <= 0:
                break
            if not body.whole:
                over -= body.size
                body.drop()


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
