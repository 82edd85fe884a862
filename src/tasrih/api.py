"""The verbs over the default models: ``classify``, ``explain``, ``tag``, ``read`` and ``summarise``.

A ``str`` gives one result, a list a list, an iterator an iterator in bounded memory and in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from tasrih.models.batching import BatchSize
from tasrih.models.classifier import Classifier
from tasrih.models.explaining import check_question
from tasrih.models.explaining import explain as explain_one
from tasrih.models.load import load
from tasrih.models.summariser import Summariser
from tasrih.models.summary_settings import check_summary
from tasrih.models.tagger import Tagger
from tasrih.results import Document, Explanation, Prediction, Summary
from tasrih.schemes import SCHEMES, STATEMENT
from tasrih.streams import Chunks, Resumed, Work, in_order, metered, threads_for

#: Texts of a chunk: batches fill up, and lengths can be sorted. An iterator is read ahead by two chunks.
LOOK_AHEAD = 512

#: Task to the bundled model that does it.
DEFAULT_MODELS = {"topic": "topic", "statement": "statement", "stance": "stance", "summary": "summary"}


def _open(model: Any, device: str | None, engine: str | None = None) -> Classifier | Summariser:
    """Open what a caller named; what is open already is taken as it is, and as nothing else."""
    if not isinstance(model, (Classifier, Summariser)):
        return load(model, device=device, engine=engine)
    for name, value in (("device", device), ("engine", engine)):
        if value is not None:
            raise ValueError(
                f"the model is open already: {name} {value!r} is for one that is opened by its name; leave it out, or "
                "give it to load"
            )
    return model


def _told(model: Any) -> str:
    """Name a model in a message, be it a name or open."""
    return f"the model {str(model)!r}" if isinstance(model, (str, Path)) else "the model"


def _classifier(model: Any, task: str, device: str | None, engine: str | None = None) -> Classifier:
    opened = _open(DEFAULT_MODELS[task] if model is None else model, device, engine)
    if not isinstance(opened, Classifier):
        raise ValueError(f"{_told(model)} is a summariser; {task} needs a classifier: give one, such as model='topic'")
    return opened


def _check_does(classifier: Classifier, task: str | None, model: Any) -> None:
    """Refuse a task that is not the one that the model does."""
    if task is not None and task != classifier.task:
        raise ValueError(
            f"{_told(model)} does the task {classifier.task!r}, not {task!r}: leave task out, or give a model that "
            "does it"
        )


def _check_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where} is of type {type(value).__name__}: expected a str")
    return value


def _check_batch_size(batch_size: BatchSize) -> BatchSize:
    if batch_size == "auto" or (isinstance(batch_size, int) and not isinstance(batch_size, bool) and batch_size > 0):
        return batch_size
    raise ValueError(f'batch_size must be a positive whole number or "auto", not {batch_size!r}')


def _check_workers(workers: int | None, streams: int) -> int:
    if workers is None:
        return streams
    if isinstance(workers, int) and not isinstance(workers, bool) and workers > 0:
        return workers
    raise ValueError(f"num_workers must be a positive whole number, not {workers!r}")


def _check_task(task: str) -> str:
    if task not in SCHEMES:
        raise ValueError(f"unknown task {task!r}: choose from {', '.join(SCHEMES)}")
    return task


def _check_target(task: str, target: Any) -> None:
    if task == "stance" and target is None:
        raise ValueError('stance needs a target, such as target="الاتفاق النووي"')
    if task != "stance" and target is not None:
        raise ValueError(f"the task {task!r} takes no target; stance does")


def labels_of(task: str) -> tuple[str, ...]:
    """List the labels that the bundled model of a task gives: those of its scheme, and ``conditional`` of statements.

    Args:
        task: ``"topic"``, ``"stance"`` or ``"statement"``.

    Returns:
        The labels.

    Raises:
        ValueError: if the task is unknown.
    """
    names = SCHEMES[_check_task(task)].names
    return (*names, "conditional") if task == STATEMENT.name else names


def task_of(label: str) -> str:
    """Name the task that a label belongs to.

    Args:
        label: a label of any scheme, or ``conditional``.

    Returns:
        The task.

    Raises:
        ValueError: if no task has it; the message lists the labels of each.

    Example:
        >>> task_of("sport"), task_of("conditional")
        ('topic', 'statement')
    """
    for task in SCHEMES:
        if label in labels_of(task):
            return task
    told = "; ".join(f"{task}: {', '.join(labels_of(task))}" for task in SCHEMES)
    raise ValueError(f"{label!r} is no label: choose one of {told}")


def _apply(texts: Any, work: Work, *, progress: bool, workers: int = 1, look_ahead: int = LOOK_AHEAD):
    """Give ``work`` the texts in the shape they came in: one, a list, or an iterator read ahead by a bound."""
    if isinstance(texts, str):
        with threads_for(workers) as pool:
            return work([texts], 0, pool)[0]
    several = isinstance(texts, (list, tuple))
    if several:
        for index, text in enumerate(texts):
            _check_text(text, f"text {index}")
    elif not isinstance(texts, Iterator):
        raise TypeError(f"the text is of type {type(texts).__name__}: expected a str, a list of them, or an iterator")
    done = texts.done if isinstance(texts, Resumed) else 0
    chunks = Chunks(texts, size=look_ahead, check=_check_text)
    results = in_order(chunks, work, workers=workers, done=done)
    if progress:
        results = metered(results, total=len(texts) if several else None)
    return list(results) if several else results


def classify(
    text, task: str | None = None, *, target=None, model=None, abstain: bool = False, device: str | None = None,
    engine: str | None = None, batch_size: BatchSize = "auto", num_workers: int | None = None, progress: bool = False,
):  # fmt: skip
    """Classify texts by topic, by stance to a target, or by what they do.

    Args:
        text: a ``str``, a list or an iterator of them. Any string gets a result: where there is no
            Arabic to read, ``label`` is None and ``reason`` says why.
        task: ``"topic"``, ``"stance"`` or ``"statement"``; None takes what ``model`` does, and the topic without one.
        target: for stance, what the stance is to: one ``str`` for all texts, or a list with one each.
        model: a name, folder, hub id or ``Classifier``; None takes the bundled model of the task.
        abstain: give no label where the model is unsure.
        device: where a torch model runs, such as ``"cuda:0"``; what is bundled runs on the CPU alone.
        engine: ``"onnx"``, ``"openvino"``, ``"torch"`` or ``"auto"`` (see ``Classifier.from_pretrained``).
        batch_size: the most windows a pass, or ``"auto"``.
        num_workers: threads that compute; None takes a core each. With 1 no thread is made: for use inside the
            worker processes of another library.
        progress: show a progress bar on a terminal.

    Returns:
        A ``Prediction``, or a list or iterator of them, as ``text`` was.

    Raises:
        TypeError: if a value is not a ``str``; the message names its index.
        ValueError: if the task or model is unknown, the model does another task, a stance has no target or another
            task has one, or the model does not run on device or engine.

    Example:
        >>> classify("فاز المنتخب بهدفين في المباراة النهائية").label
        'sport'
    """
    _check_batch_size(batch_size)
    if model is None:
        task = _check_task("topic" if task is None else task)
    classifier = _classifier(model, task or "classify", device, engine)
    _check_does(classifier, task, model)
    _check_target(classifier.task, target)
    if isinstance(target, (list, tuple)):
        if not isinstance(text, (list, tuple)) or len(target) != len(text):
            raise ValueError("a list of targets needs a list of texts, one target each")
        for index, value in enumerate(target):
            _check_text(value, f"target {index}")
    elif target is not None:
        _check_text(target, "the target")
    workers = _check_workers(num_workers, classifier.streams)

    def work(batch: list[str], start: int, pool: Executor) -> list[Prediction]:
        targets = None
        if target is not None:
            targets = [target] * len(batch) if isinstance(target, str) else list(target[start : start + len(batch)])
        return classifier.predict(batch, targets, abstain=abstain, batch_size=batch_size, pool=pool)

    return _apply(text, work, progress=progress, workers=workers, look_ahead=max(LOOK_AHEAD, classifier.look_ahead))


def explain(
    text, label: str, *, task: str | None = None, target: str | None = None, model=None, method: str = "auto",
    device: str | None = None, engine: str | None = None, batch_size: BatchSize = "auto",
    num_workers: int | None = None, progress: bool = False,
):  # fmt: skip
    """Say what each word of a text adds to the probability of a label: which words a model goes by.

    A text is explained as it is classified, whole: to know why a sentence of an article has a tag, give the sentence.

    Args:
        text: a ``str``, a list or an iterator of them. Any string gets a result: where there is no
            Arabic to read, there are no words and ``reason`` says why.
        label: the label to explain, whether the text gets it or not; ``"conditional"`` too.
        task: ``"topic"``, ``"stance"`` or ``"statement"``; None takes the one that has the label, or what ``model``
            does.
        target: for stance, what the stance is to.
        model: a name, folder, hub id or ``Classifier``; None takes the bundled model of the task.
        method: ``"occlusion"`` hides one word after the other; ``"integrated_gradients"`` need a model that runs in
            torch; ``"auto"`` takes the latter there, else the former (sources in ``tasrih.models.explaining``).
        device: where a torch model runs, such as ``"cuda:0"``; what is bundled runs on the CPU alone.
        engine: ``"onnx"``, ``"openvino"``, ``"torch"`` or ``"auto"`` (see ``Classifier.from_pretrained``).
        batch_size: the most windows a pass, or ``"auto"``.
        num_workers: threads that compute; None takes a core each.
        progress: show a progress bar on a terminal.

    Returns:
        An ``Explanation``, or a list or iterator of them, as ``text`` was; ``text[w.start:w.end] == w.text`` for each
        of its words.

    Raises:
        TypeError: if a value is not a ``str``; the message names its index.
        ValueError: if label, task, model or method is unknown, they do not go together, or a stance has no target.

    Example:
        >>> told = explain("فاز المنتخب بهدفين في المباراة النهائية", "sport")
        >>> [word.text for word in told.words]
        ['فاز', 'المنتخب', 'بهدفين', 'في', 'المباراة', 'النهائية']
    """
    if model is None:
        task = _check_task(task) if task is not None else task_of(label)
        if label not in labels_of(task):
            raise ValueError(f"{label!r} is no label of {task}: choose from {', '.join(labels_of(task))}")
    _check_batch_size(batch_size)
    if target is not None:
        _check_text(target, "the target")
    classifier = _classifier(model, task or "explaining", device, engine)
    _check_does(classifier, task, model)
    _check_target(classifier.task, target)
    check_question(classifier, label, method)
    workers = _check_workers(num_workers, classifier.streams)

    def work(batch: list[str], start: int, pool: Executor) -> list[Explanation]:
        return [
            explain_one(classifier, text, label, target=target, method=method, batch_size=batch_size, pool=pool)
            for text in batch
        ]

    # one by one: an explanation is a long way of its own, and those before it need not wait
    return _apply(text, work, progress=progress, workers=workers, look_ahead=1)


def tag(
    article, *, model=None, device: str | None = None, engine: str | None = None, batch_size: BatchSize = "auto",
    num_workers: int | None = None, progress: bool = False,
):  # fmt: skip
    """Take articles apart into statements: their acts, conditions, speakers and stances.

    Args:
        article: a ``str``, a list or an iterator of them.
        model: a statement model; None takes the bundled one.
        device: where a torch model runs, such as ``"cuda:0"``; what is bundled runs on the CPU alone.
        engine: ``"onnx"``, ``"openvino"``, ``"torch"`` or ``"auto"`` (see ``Classifier.from_pretrained``).
        batch_size: the most windows a pass, or ``"auto"``.
        num_workers: threads that compute; None takes a core each. With 1 no thread is made: for use inside the
            worker processes of another library.
        progress: show a progress bar on a terminal.

    Returns:
        A ``Document`` without topic and summary, or a list or iterator of them, as ``article`` was;
        ``article[s.start:s.end] == s.text`` for each statement.

    Raises:
        TypeError: if a value is not a ``str``; the message names its index.
        ValueError: if the model is unknown or does another task.

    Example:
        >>> tag("رحب الوزير بالاتفاق.").statements[0].tags
        ('endorsement',)
    """
    _check_batch_size(batch_size)
    classifier = _classifier(model, "statement", device, engine)
    workers = _check_workers(num_workers, classifier.streams)
    tagger = Tagger(classifier)

    def work(batch: list[str], start: int, pool: Executor) -> list[Document]:
        found = tagger.statements(batch, batch_size=batch_size, pool=pool)
        return [Document(text, None, statements) for text, statements in zip(batch, found, strict=True)]

    return _apply(article, work, progress=progress, workers=workers, look_ahead=max(LOOK_AHEAD, classifier.look_ahead))


def summarise(
    text, *, style: str = "headline", max_words: int | None = None, min_words: int = 1, method: str = "auto",
    grounded: bool = True, beams: int | None = None, length_penalty: float | None = None, model=None,
    device: str | None = None, batch_size: BatchSize = "auto", progress: bool = False,
):  # fmt: skip
    """Bring texts down to a headline or a brief.

    Args:
        text: a ``str``, a list or an iterator of them.
        style: ``"headline"`` (14 words by default) or ``"brief"`` (60).
        max_words: the most words that the summary may have; None takes the style's.
        min_words: the fewest words, as far as the text has them.
        method: ``"abstractive"`` (the seq2seq model), ``"extractive"`` (sentences of the text), or ``"auto"``:
            abstractive where every word is supported by the text, else extractive.
        grounded: let the model write words of the text and function words only. Without it ``"auto"`` still gives no
            word that the text lacks.
        beams: width of the model's search, 1 for a greedy one; None takes what is stored with the model.
        length_penalty: exponent of the length that scores are divided by, higher for longer summaries; None takes what
            is stored with the model.
        model: a summariser; None takes the bundled one.
        device: where a torch model runs, such as ``"cuda:0"``; what is bundled runs on the CPU alone.
        batch_size: the most articles that the model reads and writes at once; ``"auto"`` takes 16 on a GPU, 4 of
            another torch model, and 1 of what is exported.
        progress: show a progress bar on a terminal.

    Returns:
        A ``Summary``, or a list or iterator of them, as ``text`` was; an iterator gives each as soon as it is made,
        or as many as are written at once. A text too short to summarise, or not Arabic, is given back as it is, with
        the reason.

    Raises:
        TypeError: if a value is not a ``str``; the message names its index.
        ValueError: if style, method, a number of words, beams, penalty, ``batch_size``, device or the model is not
            allowed.
    """
    _check_batch_size(batch_size)
    size = None if batch_size == "auto" else batch_size
    check_summary(
        style=style, max_words=max_words, min_words=min_words, method=method, beams=beams,
        length_penalty=length_penalty,
    )  # fmt: skip
    opened = _open(DEFAULT_MODELS["summary"] if model is None else model, device)
    if not isinstance(opened, Summariser):
        raise ValueError(
            f"{_told(model)} is a classifier of {opened.task}; summarise needs a summariser: give one, such as "
            "model='summary'"
        )

    def work(batch: list[str], start: int, pool: Executor) -> list[Summary]:
        return opened.summarise_all(
            batch, style=style, max_words=max_words, min_words=min_words, method=method, grounded=grounded,
            beams=beams, length_penalty=length_penalty, batch_size=size,
        )  # fmt: skip

    # no more than are written at once: those that are made need not wait for others
    ahead = (size or opened.together) if opened.writes(style, method) else 1
    return _apply(text, work, progress=progress, look_ahead=ahead)


summarize = summarise


def read(
    article, *, device: str | None = None, engine: str | None = None, batch_size: BatchSize = "auto",
    num_workers: int | None = None, progress: bool = False,
):  # fmt: skip
    """Read articles whole: topic, statements and a summary, by the bundled models.

    Args:
        article: a ``str``, a list or an iterator of them.
        device: where a torch model runs, such as ``"cuda:0"``; what is bundled runs on the CPU alone.
        engine: ``"onnx"``, ``"openvino"``, ``"torch"`` or ``"auto"`` (see ``Classifier.from_pretrained``).
        batch_size: the most windows a pass, or ``"auto"``.
        num_workers: threads that compute; None takes a core each. With 1 no thread is made: for use inside the
            worker processes of another library.
        progress: show a progress bar on a terminal.

    Returns:
        A ``Document``, or a list or iterator of them, as ``article`` was; an empty one where there is nothing
        to read (``topic.reason`` says why).

    Raises:
        TypeError: if a value is not a ``str``; the message names its index.
        ValueError: if the models do not run on device or engine.
    """
    _check_batch_size(batch_size)
    topics = _classifier(None, "topic", device, engine)
    workers = _check_workers(num_workers, topics.streams)
    tagger = Tagger(_classifier(None, "statement", device, engine))
    summariser = load(DEFAULT_MODELS["summary"], device=device)

    def work(batch: list[str], start: int, pool: Executor) -> list[Document]:
        predictions = topics.predict(batch, batch_size=batch_size, pool=pool)
        statements = tagger.statements(batch, batch_size=batch_size, pool=pool)
        summaries = summariser.summarise_all(batch)
        return [
            Document(text, topic, () if topic.abstained else found, summary)
            for text, topic, found, summary in zip(batch, predictions, statements, summaries, strict=True)
        ]

    return _apply(article, work, progress=progress, workers=workers)
