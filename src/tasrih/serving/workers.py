"""Work off the event loop: a few threads, a bounded queue before them, a time limit on each piece."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tasrih.models.deadline import check, until

T = TypeVar("T")


class Busy(Exception):
    """The queue is full: refused at once, so that memory stays bounded and those who wait are served."""


class Workers:
    """Threads that compute, and the requests that wait for one.

    Args:
        threads: pieces of work done at once.
        queue: pieces that may wait beyond these; one more is refused.
        seconds: the longest that a piece may wait and run.
    """

    def __init__(self, threads: int, queue: int, seconds: float) -> None:
        self.seconds = seconds
        self._room = threads + queue
        self._held = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tasrih")

    async def run(self, work: Callable[[], T]) -> T:
        """Do a piece of work on a thread.

        A thread cannot be stopped from outside: past the limit the caller is answered at once, and the thread
        keeps its place in the queue until the work looks at its deadline (``tasrih.models.deadline``) or ends.

        Args:
            work: what is to be done.

        Returns:
            What ``work`` returns.

        Raises:
            Busy: if the queue is full.
            TimeoutError: if the time limit ran out.
        """
        with self._lock:
            if self._held >= self._room:
                raise Busy
            self._held += 1
        try:
            future = self._pool.submit(_in_time, work, time.monotonic() + self.seconds)
        except RuntimeError:  # closed in the meantime
            self._release()
            raise Busy from None
        future.add_done_callback(self._release)
        return await asyncio.wait_for(asyncio.wrap_future(future), self.seconds)

    def close(self) -> None:
        """Drop what waits; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _release(self, _: Future | None = None) -> None:
        with self._lock:
            self._held -= 1


def _in_time(work: Callable[[], T], moment: float) -> T:
    with until(moment):
        check()  # it may have run out in the queue
        return work()
