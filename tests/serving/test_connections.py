"""Connections: whoever sends nothing, or takes nothing, keeps nobody else out."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

uvicorn = pytest.importorskip("uvicorn", reason="the service needs pip install 'tasrih[serve]'")

from tasrih.serving.connections import Connection  # noqa: E402
from tasrih.serving.guard import HEADERS, Guard  # noqa: E402
from tasrih.serving.server import settings  # noqa: E402

HALF = b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "
MOST = 20
BIG = 30 * 2**20


class Quick(Connection):
    head_seconds = 0.6
    taking_seconds = 0.6


@pytest.fixture(scope="module")
def served(running):
    """A service with small bounds on a thread: its port, its state, what ``/hold`` waits for, and its guard."""
    go = threading.Event()

    async def app(scope, receive, send):
        import asyncio

        if scope["type"] != "http":
            return
        while scope["path"] == "/hold" and not go.is_set():
            await asyncio.sleep(0.01)
        body = b"x" * (BIG if scope["path"] == "/big" else 2)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    guarded = Guard(app, max_body=1000, max_bodies=2500, seconds=3, idle=0.6)
    changes = {"http": Quick, "limit_concurrency": MOST, "timeout_keep_alive": 60}
    server = uvicorn.Server(
        uvicorn.Config(guarded, host="127.0.0.1", port=0, log_level="error", lifespan="off", **settings() | changes)
    )
    with running(server) as port:
        yield port, server.server_state, go, guarded


@pytest.fixture
def connect(served):
    with contextlib.ExitStack() as stack:

        def made(data: bytes = b"") -> socket.socket:
            found = stack.enter_context(socket.create_connection(("127.0.0.1", served[0]), timeout=10))
            found.sendall(data)
            return found

        yield made
    until = time.monotonic() + 10
    while served[1].connections and time.monotonic() < until:
        time.sleep(0.02)
    assert not served[1].connections


def ask(path: str = "/", method: str = "GET", *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a", *headers, "\r\n"]).encode()


def until_closed(one: socket.socket) -> float:
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while one.recv(65536):
            pass
    return time.monotonic() - began


@pytest.mark.parametrize("half", [b"", HALF, ask("/", "POST", "Content-Length: 9") + b"12"])
def test_half_sent_requests_keep_nobody_out(served, connect, half):
    began = time.monotonic()
    idle = [connect(half) for _ in range(MOST + 10)]
    for _ in range(3):
        honest = connect(ask())
        assert honest.recv(100).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - began < 5  # they were let go for it, not waited for
    assert len(served[1].connections) <= MOST + 1
    for one in idle:
        until_closed(one)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("before", [b"", ask()], ids=["at first", "after an answer"])
def test_the_head_has_a_time_limit_however_it_drips(connect, before):
    one = connect(before)
    if before:
        assert one.recv(100).startswith(b"HTTP/1.1 200 ")
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        for byte in HALF * 10:
            one.sendall(bytes([byte]))
            time.sleep(0.05)
    until_closed(one)
    assert 0.4 < time.monotonic() - began < 5


def test_a_body_that_stands_still_is_given_up(connect):
    one = connect(ask("/", "POST", "Content-Length: 9") + b"12")
    began = time.monotonic()
    answer = one.recv(1000)
    assert answer.startswith(b"HTTP/1.1 408 ") and b"connection: close" in answer
    assert 0.4 < time.monotonic() - began < 2.5  # its whole time is 3 s


def test_a_body_that_comes_slowly_but_comes_is_read(connect):
    one = connect(ask("/", "POST", "Content-Length: 5"))
    for byte in b"12345":
        time.sleep(0.3)
        one.sendall(bytes([byte]))
    assert one.recv(100).startswith(b"HTTP/1.1 200 ")


def test_where_all_work_the_refusal_says_when_to_ask_again(served, connect):
    go = served[2]
    go.clear()
    held = [connect(ask("/hold")) for _ in range(MOST)]
    while len(served[1].tasks) < MOST:
        time.sleep(0.01)
    answer = connect(ask()).recv(4000).decode().lower()
    assert answer.startswith("http/1.1 503 ") and "\r\nretry-after: 2\r\n" in answer
    assert all(f"\r\n{name}: " in answer for name in HEADERS)
    time.sleep(1)  # what is in work is bounded by the work, not by the head's time
    go.set()
    for one in held:
        assert one.recv(100).startswith(b"HTTP/1.1 200 ")
    assert connect(ask()).recv(100).startswith(b"HTTP/1.1 200 ")


def body(path: str, size: int, sent: int) -> bytes:
    return ask(path, "POST", f"Content-Length: {size}") + b"a" * sent


def until_true(holds) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_halves_of_bodies_make_room_for_whole_ones(served, connect):
    held = served[3]._held
    halves = []
    for number in range(6):
        halves.append(connect(body("/", 1000, 900)))
        until_true(lambda number=number: len(held) == number + 1 and any(one.size for one in held[number:]))
        assert sum(one.size for one in held) <= 2500
    assert connect(body("/", 900, 900)).recv(100).startswith(b"HTTP/1.1 200 ")
    halves[0].sendall(b"a")
    answer = halves[0].recv(4000).decode().lower()
    assert answer.startswith("http/1.1 503 ") and "\r\nretry-after: 2\r\n" in answer
    halves[-1].sendall(b"a" * 100)  # the last to come was kept
    assert halves[-1].recv(100).startswith(b"HTTP/1.1 200 ")


def test_where_all_bodies_are_in_work_the_next_is_refused(served, connect):
    held, go = served[3]._held, served[2]
    go.clear()
    working = [connect(body("/hold", 900, 900)) for _ in range(2)]
    until_true(lambda: [one.whole for one in held] == [True, True])
    answer = connect(body("/", 900, 900)).recv(4000).decode().lower()
    assert answer.startswith("http/1.1 503 ") and "\r\nretry-after: 2\r\n" in answer
    assert connect(body("/", 500, 500)).recv(100).startswith(b"HTTP/1.1 200 ")
    go.set()
    for one in working:
        assert one.recv(100).startswith(b"HTTP/1.1 200 ")
    until_true(lambda: not held)
    assert connect(body("/", 900, 900)).recv(100).startswith(b"HTTP/1.1 200 ")


def test_an_answer_that_nobody_takes_is_dropped(served, connect):
    one = connect(ask("/big"))
    until = time.monotonic() + 10
    while not served[1].connections:
        time.sleep(0.01)
    while served[1].connections:
        assert time.monotonic() < until
        time.sleep(0.02)
    one.close()


def test_an_answer_that_is_taken_slowly_is_given_whole(connect):
    one = connect(ask("/big", "GET", "Connection: close"))
    size = 0
    while got := one.recv(2**20):
        size += len(got)
        time.sleep(0.05)
    assert size > BIG
