"""Connections that hold no place for nothing: who sends no whole head, or takes in no answer, is let go in time."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from tasrih.serving.guard import Receive, Scope, Send, refuse, with_headers


class Connection(H11Protocol):
    """uvicorn's connection with bounds on what it waits for; its ``limit_concurrency`` bounds the connections.

    Where one more comes than may be, the one that has owed a whole request for longest makes room for it; where all of
    them have their requests in work, the new one's is refused with ``Retry-After``.
    """

    #: Seconds in which the head of a request must come in whole.
    head_seconds = 10.0
    #: Seconds in which a client must take in some of the answer that waits for it.
    taking_seconds = 30.0

    def __init__(self, *given, **named) -> None:
        super().__init__(*given, **named)
        self._since = 0.0
        self._head: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        # uvicorn's own refusal says not when to ask again
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._application, self.app = self.app, self._admit

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._since = self.loop.time()
        self._wait()
        if self._most is not None and len(self.connections) > self._most:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        if self._head is None and self._is_idle():
            self._wait()  # the head of a further request begins
        super().data_received(data)
        if not self._is_idle():
            self._stop_waiting()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        self._watch_taking()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._taking is not None:
            self._taking.cancel()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Say whether no request is in work."""
        return self.cycle is None or self.cycle.response_complete

    def _owes(self) -> bool:
        """Say whether the client has a request to send, or to send the rest of."""
        return (self._is_idle() or self.cycle.more_body) and not self.transport.is_closing()

    def _wait(self) -> None:
        self._head = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _head_is_late(self) -> None:
        self._head = None
        if self._is_idle():
            self.transport.close()

    def _make_room(self) -> None:
        owing = [one for one in self.connections if one is not self and one._owes()]
        if owing:
            min(owing, key=lambda one: one._since).transport.close()

    def _held(self) -> int:
        """Count the connections, without those that were closed and whose end is still to be told."""
        if len(self.connections) <= self._most:
            return len(self.connections)
        return sum(not one.transport.is_closing() for one in self.connections)

    def _watch_taking(self) -> None:
        size = self.transport.get_write_buffer_size()
        if size and self._taking is None:
            self._taking = self.loop.call_later(self.taking_seconds, self._check_taking, size)

    def _check_taking(self, before: int) -> None:
        self._taking = None
        if self.transport.get_write_buffer_size() >= before:
            self.transport.abort()  # closed in order, it would wait for the client
        else:
            self._watch_taking()

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._most is not None and self._held() > self._most:
            await refuse(with_headers(send), 503, "busy: ask again later", {"retry-after": "2"})
        else:
            await self._application(scope, receive, send)
