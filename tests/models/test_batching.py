"""Batches: each window once, at a length of its own, as many at once as the engine takes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from tasrih.models.batching import SMALLEST_BUDGET, TOKEN_BUDGET, batches, compute
from tasrih.models.encoding import TextEncoder


@given(
    lengths=st.lists(st.integers(1, 80).map(lambda n: 8 * n), max_size=60),
    size=st.one_of(st.just("auto"), st.integers(1, 9)),
    streams=st.integers(1, 64),
)
def test_batches_hold_each_window_once_at_one_length(lengths, size, streams):
    made = list(batches(lengths, size, streams=streams))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        (length,) = {lengths[index] for index in batch}
        if size == "auto":
            assert len(batch) == 1 or len(batch) * length <= TOKEN_BUDGET
        else:
            assert len(batch) <= size
        assert batch == sorted(batch)
    sizes = [lengths[batch[0]] for batch in made]
    assert sizes == sorted(sizes, reverse=True)


def test_a_few_windows_are_shared_out_among_the_streams():
    assert len(list(batches([64] * 16, streams=1))) == 1
    assert [len(batch) for batch in batches([64] * 16, streams=2)] == [8, 8]
    # but not ground to dust
    assert [len(batch) for batch in batches([64] * 16, streams=100)] == [SMALLEST_BUDGET // 64] * 4
    assert len(list(batches([64] * 16, budget=512))) == 2


class Counting:
    """Gives the sum of the ids, and notes how many batches it was given at once."""

    def __init__(self, streams: int, seconds: float = 0.0) -> None:
        self.streams = streams
        self.seconds = seconds
        self.lock = threading.Lock()
        self.running = self.most = self.calls = 0
        self.threads: set[str] = set()

    def run(self, batch):
        with self.lock:
            self.running += 1
            self.calls += 1
            self.most = max(self.most, self.running)
            self.threads.add(threading.current_thread().name)
        time.sleep(self.seconds)
        with self.lock:
            self.running -= 1
        ids = batch["input_ids"]
        return {"logits": ids.sum(1, keepdims=True).astype(np.float32), "span_logits": ids[:, :, None].astype(float)}


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    words = ["[PAD]", "[UNK]", *"قال رحب حذر الوزير بالاتفاق في المدينة".split()]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return TextEncoder(tokenizer, profile="encoder", max_length=64)


@pytest.fixture(scope="module")
def windows(encoder):
    texts = ["رحب الوزير " * (number % 17 + 1) for number in range(60)]
    return [window for group in encoder.windows(texts) for window in group]


@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("size", ["auto", 1, 4])
def test_results_come_back_to_their_windows(encoder, windows, streams, size):
    logits, spans = compute(Counting(streams), encoder, windows, batch_size=size)
    assert logits[:, 0].tolist() == [sum(window.ids) for window in windows]
    assert [rows[:, 0].tolist() for rows in spans] == [window.ids for window in windows]


def test_as_many_batches_at_once_as_the_engine_takes(encoder, windows):
    for streams in (1, 2, 4):
        engine = Counting(streams, seconds=0.01)
        compute(engine, encoder, windows, batch_size=5)
        assert engine.calls > 8 and engine.most == streams
    engine = Counting(4, seconds=0.01)
    with ThreadPoolExecutor(2, "given") as pool:
        compute(engine, encoder, windows, batch_size=5, pool=pool)
    assert engine.most == 2 and all(name.startswith("given") for name in engine.threads)


def test_one_batch_needs_no_thread_and_none_is_left(encoder, windows):
    before = threading.active_count()
    engine = Counting(4)
    compute(engine, encoder, windows[:1])
    assert engine.threads == {threading.current_thread().name}
    compute(Counting(4), encoder, windows)
    assert threading.active_count() == before


def test_a_fault_of_the_engine_is_raised(encoder, windows):
    class Broken(Counting):
        def run(self, batch):
            raise RuntimeError("out of order")

    for streams in (1, 2):
        with pytest.raises(RuntimeError, match="out of order"):
            compute(Broken(streams), encoder, windows, batch_size=5)
