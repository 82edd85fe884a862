"""The service within the process, and over a real socket for a browser."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("fastapi", reason="the service needs pip install 'tasrih[serve]'")


@pytest.fixture(scope="session")
def client():
    from fastapi.testclient import TestClient

    from tasrih.serving.app import make_app

    with TestClient(make_app()) as made:
        yield made


@pytest.fixture(scope="session")
def running():
    """Runs a uvicorn server on a thread, for as long as a block lasts, on the port that it gives."""

    @contextmanager
    def run(server):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            until = time.monotonic() + 60
            while not server.started:
                assert thread.is_alive() and time.monotonic() < until, "the service did not start"
                time.sleep(0.02)
            yield listener.getsockname()[1]
            server.should_exit = True
            thread.join(20)

    return run


@pytest.fixture(scope="session")
def address(running):
    """The root of a service that runs on a thread."""
    uvicorn = pytest.importorskip("uvicorn")
    from tasrih.serving.app import make_app

    server = uvicorn.Server(uvicorn.Config(make_app(), host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    with running(server) as port:
        yield f"http://127.0.0.1:{port}"
