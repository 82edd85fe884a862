"""Streams: many texts through one verb, in order, in bounded memory, Python's work and the engine's overlapping."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

#: Characters that a chunk of texts holds at most, a single longer text apart: it bounds memory where texts are long.
CHUNK_CHARACTERS = 2**18

#: Takes a chunk, the index of its first text, and what computes its batches: threads, or the caller's own alone.
Work = Callable[[list[str], int, Executor], list]


@dataclass(frozen=True)
class Resumed(Iterator):
    """Texts of which the first ``done`` have their results already.

    A verb that is given it reads all texts, so that it cuts them into the chunks that it would have cut at first, and
    gives the results from ``done`` on, to the last digit those of an uninterrupted run.
    """

    texts: Iterator[str]
    done: int

    def __next__(self) -> str:
        return next(self.texts)


class CallersThread(Executor):
    """Computes in the thread that asks, one after the other, where no other thread may be made."""

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """Compute at once; the future is done."""
        future: Future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def map(self, fn: Callable, *iterables: Any, timeout: float | None = None, chunksize: int = 1) -> Iterator:
        """Compute each when it is asked for: after a fault nothing more is computed."""
        return map(fn, *iterables)


def threads_for(workers: int) -> Executor:
    """Make the threads that compute batches.

    Args:
        workers: how many; with 1 none is made, and the caller's own computes.

    Returns:
        An executor, to be closed.
    """
    return CallersThread() if workers == 1 else ThreadPoolExecutor(workers, "tasrih-batch")


class Chunks:
    """Cuts texts into chunks, each with the index of its first text.

    What was read before the texts raise an error is still given; then ``error`` holds it.
    """

    def __init__(self, texts: Iterable[Any], *, size: int, check: Callable[[Any, str], str]) -> None:
        """Wrap texts.

        Args:
            texts: the texts.
            size: texts of a chunk at most.
            check: gives a text back, or raises; told the text's index.
        """
        self._texts = iter(texts)
        self._size = size
        self._check = check
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        start = 0
        while self.error is None:
            chunk: list[str] = []
            characters = 0
            try:
                while len(chunk) < self._size and characters < CHUNK_CHARACTERS:
                    chunk.append(self._check(next(self._texts), f"text {start + len(chunk)}"))
                    characters += len(chunk[-1])
            except StopIteration:
                if chunk:
                    yield start, chunk
                return
            except Exception as error:  # whatever the caller's own iterator raises
                self.error = error
            if chunk:
                yield start, chunk
            start += len(chunk)


def in_order(chunks: Chunks, work: Work, *, workers: int, done: int = 0) -> Iterator:
    """Put chunks through ``work`` and give the results one by one, in order.

    While the batches of one chunk are computed, the next is tokenised and the last one's results are made. All threads
    are made here and end here: a process that forks later has none of them to wait for.

    Args:
        chunks: the texts.
        work: gives one result a text.
        workers: threads that compute batches; with one, everything is done in the caller's thread.
        done: results that are not wanted, from the start; chunks of these alone are not worked on.

    Yields:
        The results from ``done`` on.

    Raises:
        Exception: what the texts or ``work`` raise, after all results that come before it.
    """
    wanted = ((start, chunk) for start, chunk in chunks if start + len(chunk) > done)
    if workers == 1:
        with threads_for(1) as pool:
            for start, chunk in wanted:
                yield from work(chunk, start, pool)[max(done - start, 0) :]
    else:
        with threads_for(workers) as pool, ThreadPoolExecutor(2, "tasrih-chunk") as ahead:
            pending: deque[tuple[int, Future]] = deque()
            try:
                for start, chunk in wanted:
                    pending.append((start, ahead.submit(work, chunk, start, pool)))
                    if len(pending) == 2:
                        start, future = pending.popleft()
                        yield from future.result()[max(done - start, 0) :]
                while pending:
                    start, future = pending.popleft()
                    yield from future.result()[max(done - start, 0) :]
            finally:
                # nobody waits for them where the caller stops early
                for _, future in pending:
                    future.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
    if chunks.error is not None:
        raise chunks.error


def metered(
    results: Iterable, *, total: int | None = None, unit: str = "texts",
    amount: Callable[[Any], int] = lambda result: 1, done: Callable[[], int] = lambda: 0,
) -> Iterator:  # fmt: skip
    """Show count, rate and time left on stderr, where it is a terminal, while results pass by.

    Args:
        results: what passes.
        total: the sum of their amounts, and of what was done before, if that is known.
        unit: what they are.
        amount: how much of the work one result stands for.
        done: how much was done by an earlier run; asked for at the first result, when that has been read past.

    Yields:
        The results.
    """
    if not sys.stderr.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(unit, total=total)
        started = time.monotonic()
        for count, result in enumerate(results, 1):
            if count == 1 and (before := done()):
                progress.reset(task, completed=before)  # not as an advance: nothing is known of how fast it was
            yield result
            rate = count / max(time.monotonic() - started, 1e-9)
            progress.update(task, advance=amount(result), description=f"{count:,} {unit}, {rate:,.1f} a second")
