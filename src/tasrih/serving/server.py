"""Running the service."""

from __future__ import annotations

from typing import Any

from tasrih.errors import MissingExtraError


def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the page and the API until interrupted.

    Args:
        host: the address to listen on; only this machine reaches the default.
        port: the port; 0 takes a free one.

    Raises:
        MissingExtraError: if fastapi or uvicorn is not installed.
    """
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise MissingExtraError(error.name or "fastapi", "serve", "the web page") from None
    from tasrih.serving.app import make_app

    uvicorn.run(make_app(), host=host, port=port, log_level="info", access_log=False, **settings())


def settings() -> dict[str, Any]:
    """Say how uvicorn is to treat connections.

    Returns:
        Arguments of ``uvicorn.Config``.
    """
    from tasrih.serving.connections import Connection

    return {
        "http": Connection, "ws": "none", "server_header": False, "limit_concurrency": 512, "timeout_keep_alive": 10,
        "timeout_graceful_shutdown": 5,
    }  # fmt: skip
