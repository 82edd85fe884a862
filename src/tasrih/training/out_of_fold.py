"""Scoring a cross-validation: what each run said of the fold that it had not read, beside a baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root
from tasrih.evaluation.analysis import analyse, surest_errors
from tasrih.evaluation.baselines import prior
from tasrih.evaluation.bootstrap import differences, draw, intervals
from tasrih.evaluation.calibration import fit_calibration
from tasrih.evaluation.classification import Answers
from tasrih.evaluation.evaluate import baseline_answers, given_labels, questions_of, strongest
from tasrih.evaluation.report import Report
from tasrih.models.spans import softmax
from tasrih.training.folds import turns
from tasrih.training.recipes import stored_config
from tasrih.training.sources import read_training_data


def evaluate_out_of_fold(run: str | Path, root: Path | None = None) -> Report:
    """Score the out-of-fold predictions of a run that was trained with ``folds``.

    Args:
        run: the run's folder, with ``out_of_fold.npz`` and ``train_config.json``.
        root: the data root; None takes ``data_root()``.

    Returns:
        The report: the folds' models beside TF-IDF and the majority label, both fitted on what each fold's model was
        trained on.

    Raises:
        FileNotFoundError: if it is no such run, or a set that it read is not there.
        ValueError: if the sets are no longer those that it read.
    """
    run = Path(run)
    stored = run / "out_of_fold.npz"
    if not stored.is_file():
        raise FileNotFoundError(f"{run} has no out_of_fold.npz: train it with folds, such as folds=5")
    config = stored_config(run)
    rows, each = turns(config, read_training_data(config, root or data_root()))
    archive = np.load(stored, allow_pickle=False)
    if archive["ids"].tolist() != [row.id for row in rows]:
        raise ValueError(f"{stored} was made of other rows than the sets hold now: train it again")
    labels, several = config.labels, config.multi_label
    logits, truth = archive["logits"].astype(np.float64), archive["truth"]
    probabilities = np.zeros_like(logits) if several else softmax(logits)
    predicted = np.zeros(logits.shape, dtype=bool) if several else probabilities.argmax(1)
    systems = {"model": Answers(predicted, probabilities)}
    for name in ("tfidf", "majority"):
        systems[name] = Answers(np.zeros_like(systems["model"].predicted), np.zeros_like(probabilities))
    for turn in each:
        chosen_on, unread = ([rows[index] for index in places] for places in (turn.chosen_on, turn.unread))
        if several:  # thresholds come of the rows that those of the baseline come of
            found = fit_calibration(logits[turn.chosen_on], truth[turn.chosen_on], labels, multi_label=True)
            probabilities[turn.unread] = table = found.probabilities(logits[turn.unread], labels)
            predicted[turn.unread] = given_labels(table >= [found.thresholds[label] for label in labels], labels)
        given = baseline_answers(turn.train, chosen_on, unread, labels, several)
        systems["tfidf"].predicted[turn.unread] = given.predicted
        systems["tfidf"].probabilities[turn.unread] = given.probabilities
        shares = prior(turn.train, labels)
        most = int(shares.argmax())
        systems["majority"].predicted[turn.unread] = np.arange(len(labels)) == most if several else most
        systems["majority"].probabilities[turn.unread] = shares
    questions = questions_of(rows, labels, several)
    draws = {name: draw(questions.scores(given), len(rows)) for name, given in systems.items()}
    baselines = strongest(draws)
    theirs = {score: draws[name][score] for score, name in baselines.items()}
    return Report(
        str(run), ", ".join(dict.fromkeys(source.name for source in config.train if source.folded)),
        f"{config.folds} folds", len(rows), f"tasrih evaluate {run} --folds",
        {name: intervals(drawn) for name, drawn in draws.items()}, differences(draws["model"], theirs),
        ["each text is answered by the model that had not read its fold, nor chosen its epoch on it; baselines are "
         "fitted on what that model was trained on; "
         + ("thresholds come of the next fold, for the model and TF-IDF alike" if several
            else "probabilities are not calibrated")],
        task=config.task, analysis=analyse(questions, systems, rows),
        errors=surest_errors(questions, systems["model"], rows), baselines=baselines,
    )  # fmt: skip
