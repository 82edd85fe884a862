"""Why a label: what each word of a text adds to the label's probability.

Occlusion (Zeiler & Fergus 2014; for words Li, Monroe & Jurafsky 2016, "Understanding Neural Networks through
Representation Erasure") hides one word at a time and asks again, on any engine. A word is hidden by the mask token in
the place of each of its tokens, not taken out of the text, for three reasons. The classifiers are fine-tuned with masks
in the place of some tokens (``token_dropout`` of the recipes), so that such a text is of a kind that they were taught
to read; a text with a word cut out of its grammar is not. Every other token keeps its place and its window, so that
nothing but the word has changed. And of a long text only the windows that hold the word are computed again.

Integrated gradients (Sundararajan, Taly & Yan 2017) follow the score from the text with every word hidden to the text
as it is; they need the gradients that torch has. Their baseline is the same masks, so that both answer one question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from tasrih.models.batching import BatchSize, compute
from tasrih.models.classifier import Classifier, Reading
from tasrih.models.deadline import watched
from tasrih.models.encoding import TokenWindow
from tasrih.models.engines import TorchEngine
from tasrih.results import Explanation, Word
from tasrih.text.words import words

METHODS = ("auto", "occlusion", "integrated_gradients")

#: Windows that are computed between two looks at what came out: memory is bounded whatever the text.
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class _Place:
    """A word's stretch of the text, and its tokens: for each window that holds some, their numbers in it."""

    start: int
    end: int
    tokens: dict[int, list[int]]


def explain(
    classifier: Classifier, text: str, label: str, *, target: str | None = None, method: str = "auto",
    batch_size: BatchSize = "auto", pool: Executor | None = None,
) -> Explanation:  # fmt: skip
    """Say what each word of a text adds to the probability of a label.

    Args:
        classifier: any; integrated gradients need one that runs in torch.
        text: any string; where there is no Arabic to read, nothing is explained and ``reason`` says why.
        label: one of the classifier's, given to the text or not.
        target: for stance, what the stance is to; its words are not hidden.
        method: ``"occlusion"``, ``"integrated_gradients"``, or ``"auto"``: the latter in torch, else the former.
        batch_size: the most windows a pass, or ``"auto"``.
        pool: threads that take the batches; None makes them for the call.

    Returns:
        The explanation. Occlusion computes the windows that hold it once more for each word; integrated gradients
        compute the whole text 32 times, forwards and backwards.

    Raises:
        ValueError: if the label or method is unknown, or the method is not one for this engine.
    """
    check_question(classifier, label, method)
    method = _chosen(classifier, method)
    targets = None if target is None else [target]
    whole = classifier.predict([text], targets, batch_size=batch_size, pool=pool)[0]
    if whole.abstained:
        return Explanation(text, label, 0.0, (), method, whole.reason)
    reading = classifier.read([text], targets, batch_size=batch_size, pool=pool)[0]
    places = _places(text, reading.windows)
    score = _score(classifier, reading, label)
    if method == "occlusion":
        found = _occluded(classifier, reading, label, places, batch_size, pool)
        contributions = [score - hidden for hidden in found]
    else:
        contributions = _integrated(classifier, reading, label, places)
    told = tuple(
        Word(text[place.start : place.end], place.start, place.end, float(contribution))
        for place, contribution in zip(places, contributions, strict=True)
    )
    return Explanation(text, label, score, told, method)


def check_question(classifier: Classifier, label: str, method: str) -> None:
    """Refuse what ``explain`` cannot answer, before any text is read.

    Args:
        classifier: as ``explain`` takes it.
        label: as ``explain`` takes it.
        method: as ``explain`` takes it.

    Raises:
        ValueError: if the label or method is unknown, or the method is not one for this engine.
    """
    labels = classifier.settings.labels
    if label not in labels:
        raise ValueError(f"{label!r} is no label of this {classifier.task} model: choose from {', '.join(labels)}")
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: choose from {', '.join(METHODS)}")
    if method == "integrated_gradients" and not _has_gradients(classifier):
        why = "has a linear part over n-grams" if isinstance(classifier.backend, TorchEngine) else (
            f"runs on {classifier.engine}"
        )  # fmt: skip
        raise ValueError(
            f"integrated gradients need a model that runs in torch on embeddings alone, and this one {why}: take "
            'method="occlusion", or the folder that `tasrih train` saved without ngrams'
        )


def _has_gradients(classifier: Classifier) -> bool:
    return isinstance(classifier.backend, TorchEngine) and classifier.backend.has_gradients


def _chosen(classifier: Classifier, method: str) -> str:
    if method != "auto":
        return method
    return "integrated_gradients" if _has_gradients(classifier) else "occlusion"


def _places(text: str, windows: Sequence[TokenWindow]) -> list[_Place]:
    """Find the words of a text and their tokens; what one token spans is one word (a name cut by a bidi mark)."""
    spans = list(words(text))
    starts, ends = (np.array(edge, dtype=int) for edge in zip(*spans, strict=True)) if spans else ((), ())
    joined: set[int] = set()  # words that go on in the next one
    held: list[tuple[int, int, int]] = []  # word, window, token
    for number, window in enumerate(windows):
        for token, span in enumerate(window.spans):
            if span is None or span[0] == span[1]:
                continue
            first = int(np.searchsorted(ends, span[0], side="right"))
            last = int(np.searchsorted(starts, span[1], side="left")) - 1
            if first <= last:
                joined.update(range(first, last))
                held.append((first, number, token))
    heads = [word for word in range(len(spans)) if word - 1 not in joined]
    head_of = {word: head for head, after in pairwise([*heads, len(spans)]) for word in range(head, after)}
    places = {head: _Place(spans[head][0], spans[after - 1][1], {}) for head, after in pairwise([*heads, len(spans)])}
    for word, number, token in held:
        places[head_of[word]].tokens.setdefault(number, []).append(token)
    return list(places.values())


def _hidden(window: TokenWindow, tokens: Sequence[int], mask_id: int) -> TokenWindow:
    ids = list(window.ids)
    for token in tokens:
        ids[token] = mask_id
    return replace(window, ids=ids)


def _score(classifier: Classifier, reading: Reading, label: str) -> float:
    pooled, _ = classifier.probabilities(reading)
    return float(pooled[classifier.settings.labels.index(label)])


def _occluded(
    classifier: Classifier, reading: Reading, label: str, places: Sequence[_Place], batch_size: BatchSize,
    pool: Executor | None,
) -> Iterator[float]:  # fmt: skip
    """Give the label's score with each word hidden in its turn."""
    waiting: list[tuple[_Place, list[TokenWindow]]] = []
    count = 0
    for at, place in enumerate(places, 1):
        hidden = [
            _hidden(reading.windows[number], tokens, classifier.encoder.mask_id)
            for number, tokens in place.tokens.items()
        ]
        waiting.append((place, hidden))
        count += len(hidden)
        if count < _AT_ONCE and at < len(places):
            continue
        flat = [window for _, windows in waiting for window in windows]
        rows = iter(())
        if flat:
            engine = watched(classifier.backend)
            rows = iter(compute(engine, classifier.encoder, flat, batch_size=batch_size, pool=pool)[0])
        for one, _ in waiting:
            logits = reading.logits.copy()
            for number in one.tokens:
                logits[number] = next(rows)
            yield _score(classifier, Reading(reading.windows, logits, None), label)
        waiting, count = [], 0


def _integrated(classifier: Classifier, reading: Reading, label: str, places: Sequence[_Place]) -> list[float]:
    """Add the integrated gradients of each word's tokens, all windows of the text moving together."""
    settings, encoder = classifier.settings, classifier.encoder
    index, pool_max = settings.labels.index(label), settings.window_pool == "max"
    weights = classifier.weights(reading.windows)

    def score(logits):
        """Compute what ``Classifier.probabilities`` does, on tensors."""
        scaled = logits / logits.new_tensor(classifier.temperatures)
        if settings.multi_label:
            return scaled[:, index].sigmoid().amax()
        if pool_max:
            return scaled.amax(0).softmax(-1)[index]
        return logits.new_tensor(weights) @ scaled.softmax(-1)[:, index]

    batch = encoder.pad(reading.windows)
    baseline = batch["input_ids"].copy()
    for place in places:
        for number, tokens in place.tokens.items():
            baseline[number, tokens] = encoder.mask_id
    found = classifier.backend.integrated_gradients(batch, baseline, score)
    return [sum(found[number, tokens].sum() for number, tokens in place.tokens.items()) for place in places]
