"""Fine-tuning an encoder to classify texts: topic, stance to a target, statement tags and spans.

What is saved opens with ``AutoModelForSequenceClassification`` (and, for spans, with
``AutoModelForTokenClassification``); our own settings stand in its config under ``tasrih``.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path

from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Source
from tasrih.models.classifier import ClassifierSettings
from tasrih.models.ngrams import FILE as NGRAMS
from tasrih.models.ngrams import with_ngrams
from tasrih.training.bases import base_profile, open_base, open_tokenizer
from tasrih.training.calibrating import (
    ModuleEngine,
    calibrate,
    classifier_of,
    fit_settings,
    read_rows,
    score_readings,
)
from tasrih.training.config import ClassifierConfig
from tasrih.training.folds import OutOfFold, save_out_of_fold, turns
from tasrih.training.losses import joined_module
from tasrih.training.ngrams import fit_ngrams
from tasrih.training.provenance import begin_or_resume, check_resumable, write_provenance, write_whole
from tasrih.training.sources import TrainingData, read_training_data
from tasrih.training.tuning import Fitted, fit, read_logs, spread

__all__ = [
    "ClassifierConfig", "ModuleEngine", "Source", "TrainingData", "calibrate", "joined_module", "open_base",
    "read_training_data", "train_classifier",
]  # fmt: skip


def train_classifier(config: ClassifierConfig, root: Path | None = None) -> dict:
    """Fine-tune a classifier and save it beside its settings, scores and provenance.

    Args:
        config: the run; with ``seeds`` it is several, with ``folds`` a cross-validation goes before them.
        root: the data root; None takes ``data_root()``.

    Returns:
        The validation scores of the model that was kept (those of its best epoch), those of each seed and fold with
        mean and deviation, what the guard removed, and how many rows repeat a text or contradict one. Under
        ``accelerate launch`` only the first process saves, and only its result holds the folds' scores.

    Raises:
        FileNotFoundError: if a set is not there.
        ModelError: if the base is not found.
        ValueError: if a run to go on from was begun with other settings or other rows.
    """
    begun, output = time.monotonic(), Path(config.output)
    config = replace(config, profile=config.profile or base_profile(config.base, open_tokenizer(config.base)))
    finished = output / "train_metrics.json"
    if config.resume:
        check_resumable(output, config)
        if finished.is_file():
            return json.loads(finished.read_text(encoding="utf-8"))
    data = read_training_data(config, root)
    runs = output / "checkpoints"
    resumed = begin_or_resume(output, config, data.fingerprints, finished, output / NGRAMS)

    result: dict = {
        "removed_by_guard": data.removed, "train_rows": len(data.train), "repeated_rows": data.repeated,
        "contradicted_rows": data.contradicted,
    }  # fmt: skip
    out_of_fold, train, validation = None, data.train, data.validation
    if config.folds:
        out_of_fold, last = _cross_validate(config, data, runs)
        if not validation:
            # no validation set: the model that is kept chooses its epoch on the last run's fold
            train, validation = last
        if out_of_fold.scores:
            result["folds"] = spread(out_of_fold.scores)
    fitted, scores = _fit_seeds(config, train, validation, runs)
    result = {"validation": fitted.scores, **result}
    if config.seeds:
        result["seeds"] = {str(seed): each for seed, each in zip(config.seeds, scores, strict=True)} | spread(scores)

    if fitted.leads:
        reader = fitted.reader
        if config.ngrams:
            ngrams, result["with_ngrams"] = fit_ngrams(reader, fitted.encoder, train, validation, config)
            reader = with_ngrams(reader, ngrams)
            ngrams.save(output)
        if out_of_fold is None:
            settings = calibrate(reader, fitted.encoder, validation, config)
        else:
            classifier = classifier_of(reader, fitted.encoder, config)
            save_out_of_fold(output / "out_of_fold.npz", out_of_fold, classifier, config)
            settings = fit_settings(classifier, out_of_fold.rows, out_of_fold.readings, config)
        _save(fitted, settings, output)
        seeds = config.seeds or [config.seed]
        write_provenance(output, seeds=seeds, data=data.fingerprints, begun=begun, resumed=resumed)
        write_whole(output / "train_log.json", json.dumps(read_logs(runs), indent=1))
        write_whole(finished, json.dumps(result, indent=1, default=float))
        shutil.rmtree(runs, ignore_errors=True)
    fitted.wait()
    return result


def _fit_seeds(
    config: ClassifierConfig, train: list[Row], validation: list[Row], runs: Path, turn: str = ""
) -> tuple[Fitted, list[dict]]:
    """Fine-tune once for each seed, and keep the best on validation or the mean of all, blended where the run says."""
    from safetensors.torch import load_file, load_model

    seeds = config.seeds or [config.seed]
    scores = []
    for seed in seeds:
        # the mean of heads is one only where they began alike
        head_seed = config.seeds[0] if config.soup else seed
        fitted = fit(config, train, validation, runs / f"{turn}seed-{seed}", seed=seed, head_seed=head_seed)
        scores.append(fitted.scores)
    if config.soup:
        total: dict = {}
        for seed in seeds:
            for name, weight in load_file(runs / f"{turn}seed-{seed}" / "weights.safetensors").items():
                total[name] = weight.double() / len(seeds) + total.get(name, 0)
        own = fitted.module.state_dict()
        means = {name: weight.to(own[name].dtype) for name, weight in total.items()}
        fitted.module.load_state_dict(means, strict=False)  # weights that are tied are stored once
        _score_again(fitted)
    elif len(seeds) > 1:
        best = max(range(len(seeds)), key=lambda index: scores[index][config.metric])
        device = str(fitted.trainer.args.device)
        load_model(fitted.module, runs / f"{turn}seed-{seeds[best]}" / "weights.safetensors", device=device)
        fitted.scores = scores[best]
    if config.blend < 1:
        _blend(config, fitted)
    return fitted, scores


def _blend(config: ClassifierConfig, fitted: Fitted) -> None:
    """Draw the weights back towards the base's, the shared encoder once, and score what comes of it."""
    import torch

    model, span_model, _ = open_base(config)
    pairs = [(fitted.model, model, ())]
    if span_model is not None:
        pairs.append((fitted.span_model, span_model, (f"{span_model.base_model_prefix}.",)))
    with torch.no_grad():
        for own, start, shared in pairs:
            weights = dict(start.named_parameters())
            for name, weight in own.named_parameters():
                if not name.startswith(shared or ("\0",)):
                    weight.lerp_(weights[name].to(weight), 1 - config.blend)
    _score_again(fitted)


def _score_again(fitted: Fitted) -> None:
    """Score weights that were put together after training."""
    found = fitted.trainer.evaluate()
    fitted.scores = {name.removeprefix("eval_"): value for name, value in found.items()}


def _cross_validate(
    config: ClassifierConfig, data: TrainingData, runs: Path
) -> tuple[OutOfFold, tuple[list[Row], list[Row]]]:
    """Run the folds; also give the last run's rows, for a set that has no validation split."""
    rows, each = turns(config, data)
    readings: list = [None] * len(rows)
    scores = []
    # each fold's model is made as the one that is kept is, a soup of the same seeds too; of other seeds one is enough
    alike = config if config.soup else replace(config, seeds=[])
    for number, turn in enumerate(each, 1):
        chosen_on = [rows[index] for index in turn.chosen_on]
        fitted, _ = _fit_seeds(alike, turn.train, chosen_on, runs, f"fold-{number}-")
        if fitted.leads:
            reader = fitted.reader
            if config.ngrams:
                reader = with_ngrams(reader, fit_ngrams(reader, fitted.encoder, turn.train, chosen_on, config)[0])
            classifier = classifier_of(reader, fitted.encoder, config)
            unread = [rows[index] for index in turn.unread]
            found = read_rows(classifier, unread)
            for index, reading in zip(turn.unread, found, strict=True):
                readings[index] = reading
            scores.append(score_readings(classifier, unread, found, config))
        fitted.wait()
    unread = [rows[index] for index in turn.unread]
    return OutOfFold(rows, readings, scores), (turn.train + unread, chosen_on)


def _save(fitted: Fitted, settings: ClassifierSettings, output: Path) -> None:
    parts = [(fitted.model, output)] + ([(fitted.span_model, output / "spans")] if fitted.span_model else [])
    for part, folder in parts:
        part.config.tasrih = asdict(settings)
        part.save_pretrained(folder)
        fitted.tokenizer.save_pretrained(folder)
