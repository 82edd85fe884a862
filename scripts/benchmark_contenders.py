"""Measure one contender of the benchmark in a process of its own (run by ``benchmark.py``, which writes the job)."""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What is measured, as ``benchmark.py`` writes it."""

    checkpoint: str
    """A folder that ``AutoModelForSequenceClassification`` opens."""
    exported: str
    """The same weights in tasrih's own layout."""
    data: str
    """The data root, for the baseline's training set."""
    texts: list[str]
    """Sentences."""
    articles: list[str]
    """Whole articles."""
    repeats: int
    """Repeats of each measurement."""
    lengths: list[int]
    """Tokens of the texts of the length curve."""
    counts: list[int]
    """Numbers of texts of the stream curve."""
    threads: int
    """Threads that every contender may use."""


@dataclass(frozen=True)
class Contender:
    """Something that classifies: sentences at once, and articles taken apart into sentences."""

    name: str
    precision: str
    texts: Callable[[list[str]], list]
    articles: Callable[[list[str]], list]


def opened(job: Job, engine: str):
    """Open the weights for an engine of ours, on the CPU."""
    import tasrih

    return tasrih.load(job.checkpoint if engine.startswith("torch") else job.exported, engine=engine, device="cpu")


def ours(job: Job, engine: str) -> Contender:
    """tasrih on one engine."""
    import tasrih

    model = opened(job, engine)
    workers = None if engine.startswith("torch") else job.threads
    return Contender(
        f"tasrih, {model.engine}", model.engine.split()[1],
        lambda texts: tasrih.classify(texts, "statement", model=model, num_workers=workers),
        lambda articles: tasrih.tag(articles, model=model, num_workers=workers),
    )  # fmt: skip


def _sentences(articles: list[str]) -> list[str]:
    from tasrih.text.sentences import sentences

    return [sentence.text for article in articles for sentence in sentences(article)]


def rival_pipeline(job: Job, batch: str, precision: str) -> Contender:
    """``transformers.pipeline`` on a list, with batch size 1 as it is by default, or with the best of a few."""
    import torch
    from transformers import pipeline

    torch.set_num_threads(job.threads)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    classify = pipeline("text-classification", model=job.checkpoint, top_k=None, dtype=dtype, device="cpu")
    size = 1
    if batch == "best":
        sample = job.texts[: 64 if job.repeats == 1 else 256]
        sizes = (8, 32) if job.repeats == 1 else (1, 4, 8, 16, 32, 64, 128)
        size = min(sizes, key=lambda size: _seconds(lambda: classify(sample, batch_size=size, truncation=True)))

    def run(texts: list[str]) -> list:
        return classify(texts, batch_size=size, truncation=True)

    name = f"transformers.pipeline {precision}, batch {size}" + (" (best)" if batch == "best" else "")
    return Contender(name, precision, run, lambda articles: run(_sentences(articles)))


def rival_torch(job: Job, precision: str) -> Contender:
    """A loop as a careful user writes it: sorted by length, 32 texts a batch, padded to the longest."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.set_num_threads(job.threads)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    model = AutoModelForSequenceClassification.from_pretrained(job.checkpoint, dtype=dtype).eval()
    tokenizer = AutoTokenizer.from_pretrained(job.checkpoint)

    def run(texts: list[str]) -> list:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        found: list = [None] * len(texts)
        with torch.inference_mode():
            for start in range(0, len(order), 32):
                chosen = order[start : start + 32]
                batch = tokenizer(
                    [texts[index] for index in chosen], padding=True, truncation=True, return_tensors="pt"
                )
                batch = {name: value for name, value in batch.items() if name != "token_type_ids"}
                rows = model(**batch).logits.float().sigmoid().tolist()
                for index, row in zip(chosen, rows, strict=True):
                    found[index] = row
        return found

    return Contender(f"torch eager {precision}", precision, run, lambda articles: run(_sentences(articles)))


def rival_tfidf(job: Job) -> Contender:
    """TF-IDF and logistic regression: what a model costs that reads no order of words."""
    from tasrih.data.labelled import Row, read_task
    from tasrih.evaluation.baselines import TfidfBaseline
    from tasrih.schemes import SCHEMES

    train, validation = (read_task(job.data, "statement", "statements", split) for split in ("train", "validation"))
    labels = tuple(SCHEMES["statement"].names)
    baseline = TfidfBaseline(labels, multi_label=True).fit(train, validation)

    def run(texts: list[str]) -> list:
        return list(baseline.predict([Row(str(number), text, ()) for number, text in enumerate(texts)]))

    return Contender("TF-IDF + logistic regression", "", run, lambda articles: run(_sentences(articles)))


#: Key to what makes the contender.
CONTENDERS: dict[str, Callable[[Job], Contender]] = {
    "onnx": lambda job: ours(job, "onnx"),
    "openvino": lambda job: ours(job, "openvino"),
    "torch": lambda job: ours(job, "torch"),
    "torch:bf16": lambda job: ours(job, "torch:bf16"),
    "pipeline": lambda job: rival_pipeline(job, "1", "fp32"),
    "pipeline-best": lambda job: rival_pipeline(job, "best", "fp32"),
    "pipeline-bf16": lambda job: rival_pipeline(job, "best", "bf16"),
    "eager": lambda job: rival_torch(job, "fp32"),
    "eager-bf16": lambda job: rival_torch(job, "bf16"),
    "tfidf": rival_tfidf,
}


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _peak_kib() -> int:
    """Give the most memory that this process held; ``ru_maxrss`` would start at what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(job: Job, key: str) -> dict:
    """Measure throughput, latency and memory: medians over repeats, after a warm-up."""
    contender = CONTENDERS[key](job)
    contender.texts(job.texts[:16])
    texts = statistics.median(_seconds(lambda: contender.texts(job.texts)) for _ in range(job.repeats))
    peak = _peak_kib()
    single = sorted(_seconds(lambda text=text: contender.texts([text])) for text in job.texts[:200])
    articles = statistics.median(_seconds(lambda: contender.articles(job.articles)) for _ in range(job.repeats))
    return {
        "key": key, "name": contender.name, "precision": contender.precision,
        "sentences_per_second": len(job.texts) / texts, "articles_per_second": len(job.articles) / articles,
        "latency_p50_ms": 1000 * single[len(single) // 2], "latency_p95_ms": 1000 * single[int(len(single) * 0.95)],
        "peak_memory_mib": peak / 1024,
    }  # fmt: skip


def first_answer(job: Job, key: str) -> dict:
    """Give one answer and say so: the caller counts the time from the start of this process."""
    CONTENDERS[key](job).texts(job.texts[:1])
    return {"answered": True}


def limit(job: Job) -> dict:
    """Measure the rate of matrix products, and count the operations of the texts.

    The products have the shapes of the model's own at 1,024 tokens, and a large square; the best rate counts.
    """
    import numpy as np
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.set_num_threads(job.threads)
    model = AutoModelForSequenceClassification.from_pretrained(job.checkpoint, attn_implementation="eager").eval()
    width = model.config.hidden_size
    rates: dict[str, float] = {}
    for rows, inner, columns in ((1024, width, 4 * width), (1024, 2 * width, width), (1024, 1024, 1024)):
        flops = 2 * rows * inner * columns
        plain = torch.randn(rows, inner), torch.randn(inner, columns)
        low = [part.bfloat16() for part in plain]
        whole = [(10 * part).to(torch.int8) for part in plain]
        for precision, product in (
            ("fp32", lambda plain=plain: plain[0] @ plain[1]), ("bf16", lambda low=low: low[0] @ low[1]),
            ("int8", lambda whole=whole: torch._int_mm(*whole)),
        ):  # fmt: skip
            try:
                product()
            except RuntimeError:  # not every build has integer products
                continue
            calls = max(int(2e10 // flops), 1)
            best = min(_seconds(lambda call=product, n=calls: [call() for _ in range(n)]) / calls for _ in range(3))
            rates[precision] = max(rates.get(precision, 0.0), flops / best)
    lengths = np.array([16, 64, 128])
    counted = []
    for length in lengths:
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            model(
                input_ids=torch.full((1, int(length)), 7), attention_mask=torch.ones(1, int(length), dtype=torch.long)
            )
        counted.append(counter.get_total_flops())
    curve = np.polyfit(lengths, counted, 2)  # exact: products grow with the length, attention with its square
    tokenizer = AutoTokenizer.from_pretrained(job.checkpoint)
    tokens = np.array([len(ids) for ids in tokenizer(job.texts, truncation=True)["input_ids"]])
    return {
        "gemm_flops": rates, "flops_per_sentence": float(np.polyval(curve, tokens).mean()),
        "tokens_per_sentence": float(tokens.mean()),
    }  # fmt: skip


def _named(statement) -> dict[str, object]:
    """Give the stretches of a statement that name its speaker and its targets, and the stances to these."""
    targets = [(stance.target.start, stance.target.end) for stance in statement.stances]
    speaker = statement.speaker and (statement.speaker.start, statement.speaker.end)
    stances = [(stance.target.start, stance.label) for stance in statement.stances]
    return {"speaker": speaker, "targets": targets, "speaker_and_targets": (speaker, targets), "stances": stances}


def agreement(job: Job) -> list[dict]:
    """Compare the engines with the default on the texts, and each with itself at batch size 1.

    Returns:
        For each engine: share of sentences with the same labels as ``onnx``, with the same speaker, targets and
        stances, 99th percentile and maximum of the difference of scores, and the largest difference that the batch
        makes.
    """
    import numpy as np

    import tasrih
    from tasrih.errors import MissingExtraError

    rows, expected = [], None
    for engine in ("onnx", "openvino", "torch", "torch:bf16"):
        try:
            model = opened(job, engine)
        except MissingExtraError:
            continue
        found = tasrih.classify(job.texts, "statement", model=model)
        alone = tasrih.classify(job.texts[:300], "statement", model=model, batch_size=1)
        scores = np.array([[one.scores[name] for name in model.labels] for one in found])
        single = np.array([[one.scores[name] for name in model.labels] for one in alone])
        labels = [set(one.labels) for one in found]
        # a text of the set is a sentence, but for a few that are two
        spans = [_named(one) for document in tasrih.tag(job.texts, model=model) for one in document.statements]
        expected = expected or (labels, scores, spans)
        pairs = list(zip(spans, expected[2], strict=True))
        difference = np.abs(scores - expected[1])
        same = [mine == default for mine, default in zip(labels, expected[0], strict=True)]
        moved = [set(one.labels) != other for one, other in zip(alone, labels, strict=False)]
        row = {
            "engine": model.engine,
            "same_labels": float(np.mean(same)),
            **{f"same_{name}": float(np.mean([one[name] == two[name] for one, two in pairs])) for name in spans[0]},
            "score_difference_p99": float(np.quantile(difference, 0.99)),
            "score_difference_max": float(difference.max()),
            "batch_moves_score": float(np.abs(scores[: len(single)] - single).max()),
            "batch_moves_labels": sum(moved),
        }
        rows.append(row)
    return rows


def _threads() -> int:
    """Count the threads of this process, those of libraries too where the system tells."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()


def workers(job: Job, key: str) -> dict:
    """Measure what threads make of a stream: one, one a core, two a core; too many must not cost what they compute.

    Returns:
        The contender's name, and for each number of workers the rate, the threads of the process at most, and how many
        cores were busy on the mean.
    """
    import tasrih
    from tasrih.models.engines import cores

    model = opened(job, key)
    tasrih.classify(job.texts[:16], "statement", model=model)
    rows = []
    for number in dict.fromkeys((1, cores(), 2 * cores())):
        found: list[tuple[float, float]] = []
        most = 0
        for _ in range(job.repeats):
            start, busy = time.perf_counter(), time.process_time()
            for count, _ in enumerate(tasrih.classify(iter(job.texts), "statement", model=model, num_workers=number)):
                if count % 64 == 0:
                    most = max(most, _threads())
            seconds = time.perf_counter() - start
            found.append((len(job.texts) / seconds, (time.process_time() - busy) / seconds))
        rate, cores_busy = map(statistics.median, zip(*found, strict=True))
        rows.append({"num_workers": number, "sentences_per_second": rate, "threads": most, "cores_busy": cores_busy})
    return {"engine": model.engine, "cores": cores(), "by_workers": rows}


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def curves(job: Job, key: str) -> dict:
    """Measure cost against length, and rate and memory against the number of texts of a stream."""
    import tasrih

    contender = CONTENDERS[key](job)
    model = tasrih.load(job.exported, engine=key)
    encoder = model._encoder
    words = " ".join(job.articles).split()
    by_length = []
    for length in job.lengths:
        # words until the text has so many tokens: windows and all, as an article of that length is read
        few, many = 1, len(words)
        while few < many:
            middle = (few + many) // 2
            tokens = sum(window.fresh for window in encoder.windows([" ".join(words[:middle])])[0])
            few, many = (middle + 1, many) if tokens < length else (few, middle)
        texts = [" ".join(words[start : start + few]) for start in range(0, 64, max(length // 64, 1))][:64]
        tokens = sum(window.fresh for text in texts for window in encoder.windows([text])[0])
        seconds = statistics.median(_seconds(lambda texts=texts: contender.texts(texts)) for _ in range(job.repeats))
        by_length.append({"tokens": tokens / len(texts), "ms_per_text": 1000 * seconds / len(texts)})
    short = [
        text for text, windows in zip(job.texts, encoder.windows(job.texts), strict=True) if windows[0].fresh <= 32
    ]
    by_count = []
    for count in job.counts:
        memory: list[float] = []

        def counted(memory: list[float] = memory) -> Iterator[None]:
            stream = tasrih.classify(islice(cycle(short), count), "statement", model=model, num_workers=job.threads)  # noqa: B023
            for number, _ in enumerate(stream):
                if number % 5000 == 0:
                    memory.append(_resident_mib())
                yield None

        seconds = _seconds(lambda counted=counted: sum(1 for _ in counted()))
        by_count.append({
            "texts": count, "sentences_per_second": count / seconds, "resident_mib_first": memory[0],
            "resident_mib_most": max(memory),
        })  # fmt: skip
    return {"name": contender.name, "by_length": by_length, "by_count": by_count}


def main() -> None:
    """Do what the command line says and print it as one line of JSON."""
    what, path, *rest = sys.argv[1:]
    job = Job(**json.loads(Path(path).read_text(encoding="utf-8")))
    works = {
        "measure": measure, "first": first_answer, "limit": limit, "agreement": agreement, "curves": curves,
        "workers": workers,
    }  # fmt: skip
    print(json.dumps(works[what](job, *rest)), flush=True)


if __name__ == "__main__":
    main()
