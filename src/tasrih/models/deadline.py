"""A moment after which nobody waits for an answer: long loops look at it, however deep they lie, and stop.

The service sets one for each request (``tasrih.serving.workers``). Where none is set, none is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_MOMENT: ContextVar[float | None] = ContextVar("tasrih_deadline", default=None)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Give what runs within the block, on this thread, a deadline.

    Args:
        moment: seconds of ``time.monotonic``.

    Example:
        >>> with until(time.monotonic() - 1):
        ...     check()
        Traceback (most recent call last):
        ...
        TimeoutError: the time limit has run out
    """
    token = _MOMENT.set(moment)
    try:
        yield
    finally:
        _MOMENT.reset(token)


def check() -> None:
    """Raise ``TimeoutError`` if there is a deadline and it is past; long loops call it in each round."""
    _check(_MOMENT.get())


def watched(engine: Any) -> Any:
    """Let an engine look at the deadline before each batch, on whatever thread that is computed.

    Args:
        engine: as ``tasrih.models.engines.Engine``.

    Returns:
        An engine that raises ``TimeoutError`` once the deadline of this call is past; where there is none, the same.
    """
    moment = _MOMENT.get()
    return engine if moment is None else _Watched(engine, moment)


class _Watched:
    def __init__(self, engine: Any, moment: float) -> None:
        self._engine, self._moment = engine, moment

    def run(self, batch: Any) -> Any:
        _check(self._moment)
        return self._engine.run(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def _check(moment: float | None) -> None:
    if moment is not None and time.monotonic() > moment:
        raise TimeoutError("the time limit has run out")
