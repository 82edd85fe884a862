"""Streams: order, bounded reading ahead, going on after what is done, and faults in their place."""

from __future__ import annotations

import io
import threading
import time

import pytest

from tasrih.streams import CHUNK_CHARACTERS, CallersThread, Chunks, Resumed, in_order, metered, threads_for


def as_text(value, where):
    if not isinstance(value, str):
        raise TypeError(f"{where} is no text")
    return value


def chunks(texts, size=4):
    return Chunks(texts, size=size, check=as_text)


def doubled(chunk, start, pool):
    return [f"{start + number}:{text}{text}" for number, text in enumerate(chunk)]


def texts(count):
    return [f"خبر {number}" for number in range(count)]


def expected(count):
    return [f"{number}:{text}{text}" for number, text in enumerate(texts(count))]


def test_a_chunk_is_bounded_in_texts_and_characters():
    made = list(chunks(iter(texts(10))))
    assert [(start, len(chunk)) for start, chunk in made] == [(0, 4), (4, 4), (8, 2)]
    long = "م" * (CHUNK_CHARACTERS // 2)
    assert [len(chunk) for _, chunk in chunks([long] * 5)] == [2, 2, 1]
    assert [len(chunk) for _, chunk in chunks([long * 3] * 2)] == [1, 1]
    assert list(chunks([])) == []


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 4, 5, 23])
def test_results_come_in_order(workers, count):
    def slow_at_first(chunk, start, pool):
        time.sleep(0.02 if start == 0 else 0)
        return doubled(chunk, start, pool)

    assert list(in_order(chunks(texts(count)), slow_at_first, workers=workers)) == expected(count)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("done", [0, 1, 4, 6, 22, 23, 30])
def test_what_is_done_is_not_given_again_nor_worked_on(workers, done):
    seen = []

    def noted(chunk, start, pool):
        seen.append((start, len(chunk)))
        return doubled(chunk, start, pool)

    resumed = Resumed(iter(texts(23)), done)
    assert list(in_order(chunks(resumed), noted, workers=workers, done=done)) == expected(23)[done:]
    # the chunks are those of an uninterrupted run
    whole = [(start, len(chunk)) for start, chunk in chunks(texts(23))]
    assert sorted(seen) == [(start, size) for start, size in whole if start + size > done]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_the_texts_comes_after_all_that_was_read_before(workers):
    def broken():
        yield from texts(6)
        raise OSError("the disk is gone")

    results = in_order(chunks(broken()), doubled, workers=workers)
    got = [next(results) for _ in range(6)]
    assert got == expected(6)
    with pytest.raises(OSError, match="the disk is gone"):
        next(results)
    results = in_order(chunks([*texts(5), 7]), doubled, workers=workers)
    with pytest.raises(TypeError, match="text 5 is no text"):
        for number, result in enumerate(results):
            assert result == expected(5)[number]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_the_work_is_raised(workers):
    def broken(chunk, start, pool):
        if start == 8:
            raise RuntimeError("out of order")
        return doubled(chunk, start, pool)

    results = in_order(chunks(texts(20)), broken, workers=workers)
    assert [next(results) for _ in range(8)] == expected(8)
    with pytest.raises(RuntimeError, match="out of order"):
        next(results)


@pytest.mark.parametrize(("workers", "ahead"), [(1, 1), (2, 2)])
def test_it_reads_ahead_by_so_many_chunks_and_no_more(workers, ahead):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield "خبر"

    results = in_order(chunks(endless()), doubled, workers=workers)
    for number in range(40):
        next(results)
        assert taken <= number + 4 * ahead
    results.close()


def test_one_worker_makes_no_thread_and_more_leave_none():
    before = threading.active_count()
    seen = set()

    def noted(chunk, start, pool):
        computed = set(pool.map(lambda text: threading.current_thread().name, chunk))
        seen.update({threading.current_thread().name, *computed, pool.submit(threading.current_thread).result().name})
        return doubled(chunk, start, pool)

    list(in_order(chunks(texts(20)), noted, workers=1))
    assert seen == {threading.current_thread().name}
    seen.clear()
    list(in_order(chunks(texts(20)), noted, workers=2))
    assert {name[:12] for name in seen} == {"tasrih-batch", "tasrih-chunk"}
    results = in_order(chunks(texts(20)), noted, workers=2)
    next(results)
    results.close()
    assert threading.active_count() == before


def test_in_the_callers_thread_nothing_is_computed_after_a_fault():
    computed = []

    def broken(number):
        computed.append(number)
        if number == 2:
            raise RuntimeError("out of order")
        return number

    with threads_for(1) as pool:
        assert isinstance(pool, CallersThread)
        with pytest.raises(RuntimeError, match="out of order"):
            list(pool.map(broken, range(5)))
        assert computed == [0, 1, 2]
        with pytest.raises(RuntimeError, match="out of order"):
            pool.submit(broken, 2).result()


def test_stopping_early_drops_batches_that_nobody_wants():
    taken = []

    def slow(chunk, start, pool):
        time.sleep(0.2 if start else 0)  # the second chunk comes to its batches later, as it does in life
        return list(pool.map(lambda text: taken.append(text) or time.sleep(0.005) or text, chunk))

    results = in_order(chunks(texts(400), size=100), slow, workers=2)
    next(results)
    results.close()
    assert 100 <= len(taken) < 190


def test_the_meter_shows_count_and_rate_on_a_terminal_alone(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, told in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "120")

        def slowly():
            for text in texts(4):
                time.sleep(0.15)
                yield text

        assert list(metered(slowly(), total=4, unit="articles")) == texts(4)
        assert ("articles" in stream.getvalue() and "a second" in stream.getvalue()) is told


def test_what_an_earlier_run_did_counts_as_done_but_not_as_quickly_done(monkeypatch):
    from rich.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    ended = []
    stop = Progress.stop

    def noted(progress):
        ended.extend((task.completed, task.total, task.speed) for task in progress.tasks)
        stop(progress)

    monkeypatch.setattr(Progress, "stop", noted)
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")

    def slowly():
        for text in texts(5):
            time.sleep(0.05)
            yield text

    assert list(metered(slowly(), total=1005, done=lambda: 1000)) == texts(5)
    ((completed, total, speed),) = ended
    assert completed == total == 1005 and 0 < speed <= 20
