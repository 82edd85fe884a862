"""Fine-tuning any encoder-decoder of transformers (AraBART, mT5, ...), or an encoder with a new decoder, to write.

What is saved opens with ``AutoModelForSeq2SeqLM`` and with ``tasrih.load``.
"""

from __future__ import annotations

import json
import shutil
import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.data.corpus import Article, data_root
from tasrih.data.guard import HeldOut
from tasrih.data.labelled_source import fingerprint_rows
from tasrih.data.sources import read_splits
from tasrih.evaluation.rouge import rouge
from tasrih.models.auto_tokenizer import positions_of
from tasrih.models.summary_settings import SummariserSettings
from tasrih.text.normalise import normalise
from tasrih.training.bases import base_profile, open_pretrained, open_tokenizer
from tasrih.training.derived_pairs import DERIVED, GAP, derive
from tasrih.training.new_decoder import with_new_decoder
from tasrih.training.options import check_options, check_profile, check_steps
from tasrih.training.provenance import begin_or_resume, check_resumable, write_provenance, write_whole
from tasrih.training.summarisation import store_sureness
from tasrih.training.tuning import common_arguments, read_logs, run_or_resume, spread, stopping, tuned


@dataclass(frozen=True)
class Pairs:
    """One set of articles with their summaries."""

    name: str
    """The set's folder under the data root; or a JSONL, CSV or Parquet file, a folder of such, or a hub id."""
    split: str = "train"
    """Its split."""
    config: str | None = None
    """Configuration of a hub dataset that has several, such as ``arabic``."""
    limit: int | None = None
    """Rows at most, from its start."""
    text: str = "text"
    """Column of the article."""
    summary: str = "title"
    """Column of what is to be written; rows where it is empty are left out."""
    derive: str = ""
    """Make pairs of the articles alone instead: ``infill`` (hidden words written again), ``gap`` (their foremost
    sentence) or ``lead`` (their first); see ``training/derived_pairs.py``."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit must be 1 at least, not {self.limit}")
        if self.derive not in ("", *DERIVED):
            raise ValueError(f"unknown derive {self.derive!r}: choose from {', '.join(DERIVED)}")


@dataclass(frozen=True)
class Seq2SeqConfig:
    """What one fine-tuning run of an encoder-decoder needs."""

    base: str
    """Encoder-decoder to start from: a folder or a hub id; or an encoder, which is given a new decoder."""
    output: str
    """Folder for the model."""
    train: list[Pairs]
    """Sets to train on."""
    validation: Pairs
    """Set that epochs are compared on, by what the model writes for it."""
    style: str = "headline"
    """Style that it learns: ``headline`` or ``brief``."""
    profile: str | None = None
    """Normalisation profile of articles and summaries; None takes that of the base's family."""
    source: int = 512
    """Tokens of the article that are read; the rest is not."""
    target: int = 64
    """Tokens of the summary at most."""
    decoder_layers: int = 3
    """Blocks of the decoder that an encoder is given."""
    freeze_embeddings: bool = False
    """Keep the word embeddings as they are, of what is read and of what is written."""
    epochs: float = 5
    """Passes over the training pairs."""
    batch_size: int = 32
    """Pairs a step, over all processes."""
    accumulate: int = 1
    """Parts that a step is computed in, for a small memory."""
    learning_rate: float = 5e-5
    """Peak learning rate."""
    schedule: str = "linear"
    """``linear`` or ``cosine`` fall of the learning rate, or ``constant_with_warmup``."""
    warmup: float = 0.06
    """Share of the steps until the peak."""
    weight_decay: float = 0.01
    """Of the matrices."""
    label_smoothing: float = 0.1
    """Of the target distribution."""
    metric: str = "rouge_l"
    """What the best epoch is chosen by: ``rouge_1``, ``rouge_2`` or ``rouge_l``, on Unicode words."""
    patience: int = 0
    """Evaluations without a better score after which training stops; 0 goes on to the end."""
    evaluate_steps: int = 0
    """Steps between evaluations and checkpoints; 0 does both after each epoch."""
    beams: int = 4
    """Width of the search, in evaluation and stored with the model."""
    length_penalty: float = 1.0
    """Exponent of the length in that search."""
    no_repeat: int = 0
    """No run of this many pieces is written twice in that search; 0 allows it, and leaves ``Summariser`` its own rule:
    no two words twice, and no word next to itself."""
    sureness_articles: int = 150
    """Validation articles that say from when its headline is preferred to the article's sentences; 0 asks none."""
    sure_from: float | None = None
    """That sureness, where readers have told it: below it, and for 0 always, ``auto`` gives the article's sentences.
    None fits it by ROUGE-L, which sees no false headline."""
    log_steps: int = 50
    """Steps between two lines of the log, ``train_log.json``."""
    bf16: bool = True
    """Compute in bfloat16 where the device has instructions for it."""
    seed: int = 1
    """Of order and dropout."""
    seeds: list[int] = field(default_factory=list)
    """Several seeds instead, one run each: their mean and deviation are told, the best on validation is kept."""
    resume: bool = False
    """Go on from the last checkpoint of a run that was killed."""

    def __post_init__(self) -> None:
        if not self.train:
            raise ValueError("train must name at least one set")
        check_options(
            self,
            choices={
                "style": ("headline", "brief"), "metric": ("rouge_1", "rouge_2", "rouge_l"),
                "schedule": ("linear", "cosine", "constant_with_warmup"),
            },
            positive=("source", "target", "epochs", "batch_size", "accumulate", "learning_rate", "beams", "log_steps",
                      "decoder_layers"),
            not_negative=("patience", "evaluate_steps", "no_repeat", "sureness_articles", "weight_decay"),
            shares=("label_smoothing", "warmup"),
        )  # fmt: skip
        # what would not open again is not trained
        SummariserSettings(beams=self.beams, length_penalty=self.length_penalty, no_repeat=self.no_repeat)
        check_profile(self.profile)
        check_steps(self.batch_size, self.accumulate, self.seeds)


def read_pairs(source: Pairs, root: Path) -> list[Article]:
    """Read the articles of a set that have a summary, or all where pairs are to be derived.

    Args:
        source: the set.
        root: the data root.

    Returns:
        The articles, the summary as ``title``; without one where pairs are to be derived.

    Raises:
        FileNotFoundError: if it is not there, or has no such split.
        ValueError: if the split has no rows, a column is missing, or it names a configuration and is no hub id.
    """
    splits = read_splits(source.name, root, config=source.config)
    split = source.split
    if split not in splits and len(splits) == 1 and Path(source.name).suffix:
        (split,) = splits  # a file is one split, whatever its name
    if split not in splits:
        raise FileNotFoundError(f"{source.name} has no split {split!r}: it has {', '.join(splits)}")
    if not splits[split]:
        raise ValueError(f"split {split!r} of {source.name} has no rows: fill it, or name another")
    articles = []
    for number, row in enumerate(splits[split]):
        needed = (source.text,) if source.derive else (source.text, source.summary)
        for column in needed:
            if column not in row:
                raise ValueError(f"{source.name}, row {number}: no column {column!r}: it has {', '.join(row)}")
        if all(row[column] for column in needed):
            name = str(row.get("id") or f"{source.name}:{number}")
            articles.append(Article(name, row[source.text], None if source.derive else row[source.summary]))
    return articles[: source.limit]


def open_seq2seq(config: Seq2SeqConfig):
    """Open the base, its decoding set as the run says.

    Args:
        config: the run.

    Returns:
        ``(model, tokenizer)``.

    Raises:
        ModelError: if it is not found, or is neither an encoder-decoder nor an encoder.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    torch.manual_seed(config.seed)
    shape = open_pretrained(AutoConfig, config.base)
    tokenizer = open_tokenizer(config.base)
    if shape.is_encoder_decoder:
        model = open_pretrained(AutoModelForSeq2SeqLM, config.base, dtype=torch.float32)
    else:
        model = with_new_decoder(config.base, tokenizer, layers=config.decoder_layers, length=config.target)
    if config.freeze_embeddings:
        for half in (model.get_encoder(), model.get_decoder()):
            half.get_input_embeddings().weight.requires_grad_(False)
    decoding = model.generation_config
    decoding.num_beams, decoding.length_penalty = config.beams, config.length_penalty
    decoding.no_repeat_ngram_size, decoding.max_length = config.no_repeat, config.target
    decoding.max_new_tokens = None
    first = tokenizer(text_target="نص")["input_ids"][0]
    if first in tokenizer.all_special_ids and decoding.forced_bos_token_id is None:
        # the targets begin with it, as BART's do; so must what is written
        decoding.forced_bos_token_id = first
    return model, tokenizer


def check_lengths(config: Seq2SeqConfig) -> None:
    """Hold the lengths that a run asks for against the positions that its base has.

    Args:
        config: the run.

    Raises:
        ModelError: if the base is not found.
        ValueError: if ``source`` or ``target`` is more than it has; the message names the option and the most.
    """
    from transformers import AutoConfig

    shape = open_pretrained(AutoConfig, config.base)
    asked = [("source", config.source, "encoder")]
    if shape.is_encoder_decoder:  # else a new decoder gets as many as are asked for
        asked.append(("target", config.target, "decoder"))
    for option, tokens, half in asked:
        if tokens > (most := positions_of(getattr(shape, half, shape), half)):
            raise ValueError(f"{option} {tokens} is more than {config.base} has positions for: at most {most}")


def _pairs_of(articles: list[Article], source: Pairs, config: Seq2SeqConfig) -> list[Article]:
    """Give articles as they are, or the pairs that are derived from them; what marks a gap stands in no article."""
    articles = [
        replace(each, text=each.text.replace(GAP, " "), title=each.title and each.title.replace(GAP, " "))
        for each in articles
    ]
    if not source.derive:
        return articles
    # a word takes about two pieces
    reach, most = max(config.source // 2, 1), max(config.target // 2, 1)
    return list(derive(articles, source.derive, words=most, within=reach, seed=config.seed))


def encode_pairs(articles: list[Article], tokenizer, config: Seq2SeqConfig) -> list[dict]:
    """Tokenise articles and summaries as the base's tokenizer does.

    Args:
        articles: with their summaries as ``title``.
        tokenizer: the base's.
        config: the run, its profile chosen.

    Returns:
        One dictionary a pair: ``input_ids``, ``attention_mask``, ``labels``.
    """

    hidden = _hiding_mark(tokenizer)

    def clean(text: str) -> str:
        return " ".join(normalise(text, config.profile).split()).replace(GAP, hidden)

    sources = tokenizer([clean(article.text) for article in articles], max_length=config.source, truncation=True)
    targets = tokenizer(
        text_target=[clean(article.title) for article in articles], max_length=config.target, truncation=True
    )
    return [
        {"input_ids": ids, "attention_mask": mask, "labels": labels}
        for ids, mask, labels in zip(sources["input_ids"], sources["attention_mask"], targets["input_ids"], strict=True)
    ]


def _hiding_mark(tokenizer) -> str:
    """Give what stands for hidden words: a mask, T5's first sentinel, or else the unknown piece."""
    sentinel = "<extra_id_0>"
    known = sentinel if tokenizer.convert_tokens_to_ids(sentinel) != tokenizer.unk_token_id else tokenizer.unk_token
    return tokenizer.mask_token or known or ""


def train_seq2seq(config: Seq2SeqConfig, root: Path | None = None) -> dict:
    """Fine-tune an encoder-decoder to write summaries and save it beside its scores and provenance.

    Args:
        config: the run; with ``seeds`` it is several.
        root: the data root; None takes ``data_root()``.

    Returns:
        The validation scores of the best epoch, those of each seed with mean and deviation, the number of pairs, what
        the guard removed, the share of articles that are longer than is read, and the figures of ``fit_sureness``.

    Raises:
        FileNotFoundError: if a set is not there.
        ModelError: if the base is not found, or is neither an encoder-decoder nor an encoder.
        ValueError: if no pair is left to train on, a length is more than the base has positions for, or a run to go on
            from was begun with other settings or other rows.
    """
    from safetensors.torch import load_model

    begun, output, root = time.monotonic(), Path(config.output), root or data_root()
    check_lengths(config)
    tokenizer = open_tokenizer(config.base)
    config = replace(config, profile=config.profile or base_profile(config.base, tokenizer))
    finished, runs = output / "train_metrics.json", output / "checkpoints"
    if config.resume:
        check_resumable(output, config)
        if finished.is_file():
            return json.loads(finished.read_text(encoding="utf-8"))
    held = read_pairs(config.validation, root)
    if any(source.derive in ("infill", "gap") for source in config.train) and not _hiding_mark(tokenizer):
        raise ValueError(f"derive: the vocabulary of {config.base} has no piece that could stand for what is hidden")
    guard = (HeldOut.from_root(root) if root.is_dir() else HeldOut()).also(article.text for article in held)
    pairs, removed, facts = [], {}, []
    for source in config.train:
        read = read_pairs(source, root)
        kept, out = guard.refuse(read, lambda article: article.text, lambda article: article.id)
        pairs += _pairs_of(kept, source, config)
        name = f"{source.name}/{source.split}"
        removed[name] = removed.get(name, 0) + out  # a set may give pairs of several kinds
        derived = {"derive": source.derive} if source.derive else {}
        facts.append({"name": source.name, "split": source.split, **derived, "rows": len(read),
                      "removed_by_guard": out, "sha256": fingerprint_rows(read)})  # fmt: skip
    facts.append({"name": config.validation.name, "split": config.validation.split, "rows": len(held),
                  "sha256": fingerprint_rows(held)})  # fmt: skip
    held = _pairs_of(held, config.validation, config)
    resumed = begin_or_resume(output, config, facts, finished)
    if not pairs or not held:
        raise ValueError(
            f"train gives {len(pairs)} pairs and validation {len(held)}: both need some (of train "
            f"{sum(removed.values())} articles were taken out, for they stand in validation or in a held-out set of "
            "the data root; of those whose pairs are derived, some have no sentence that fits into target)"
        )

    items, check = (encode_pairs(articles, tokenizer, config) for articles in (pairs, held))
    seeds = config.seeds or [config.seed]
    scores = []
    with warnings.catch_warnings():
        # of two halves, transformers tells at each run what it changed years ago
        warnings.filterwarnings("ignore", "Version v4.12.0 introduces", FutureWarning)
        for seed in seeds:
            folder = runs / f"seed-{seed}"
            trainer = _trainer(replace(config, seed=seed), items, check, folder)
            scores.append(run_or_resume(trainer, folder, resume=config.resume))
    best = max(range(len(seeds)), key=lambda index: scores[index][config.metric])
    if best < len(seeds) - 1:  # the trainer holds the last one's
        load_model(
            trainer.model, runs / f"seed-{seeds[best]}" / "weights.safetensors", device=str(trainer.args.device)
        )
    result = {
        "validation": scores[best], "pairs": len(pairs), "removed_by_guard": removed,
        "cut_share": float(np.mean([len(item["input_ids"]) >= config.source for item in items])),
    }  # fmt: skip
    if config.seeds:
        result["seeds"] = {str(seed): each for seed, each in zip(seeds, scores, strict=True)} | spread(scores)
    if trainer.is_world_process_zero():
        trainer.model.config.tasrih = {
            "task": "summary", "profile": config.profile, "max_source": config.source, "styles": [config.style],
            "beams": config.beams, "length_penalty": config.length_penalty, "no_repeat": config.no_repeat,
        }  # fmt: skip
        if config.sure_from is not None:
            trainer.model.config.tasrih["sure_from"] = config.sure_from
        trainer.model.save_pretrained(output)
        tokenizer.save_pretrained(output)
        # pairs that were derived are no headlines, and what is hidden in them is for the tokenizer alone
        if config.sureness_articles and config.style == "headline" and not config.validation.derive:
            some = held[: config.sureness_articles]
            result["sureness"] = store_sureness(
                output, [article.text for article in some], [article.title for article in some], config.sure_from
            )
        write_provenance(output, seeds=seeds, data=facts, begun=begun, resumed=resumed)
        write_whole(output / "train_log.json", json.dumps(read_logs(runs), indent=1))
        write_whole(finished, json.dumps(result, indent=1, default=float))
        shutil.rmtree(runs, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    return result


def _trainer(config: Seq2SeqConfig, items: list[dict], check: list[dict], folder: Path) -> Any:
    """Make the Trainer of one seed, the base opened anew."""
    from datasets import Dataset
    from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments

    model, tokenizer = open_seq2seq(config)

    def score(prediction) -> dict[str, float]:
        written, wanted = (
            tokenizer.batch_decode(np.where(ids < 0, tokenizer.pad_token_id, ids), skip_special_tokens=True)
            for ids in (prediction.predictions, prediction.label_ids)
        )
        each = [rouge(ours, theirs) for ours, theirs in zip(written, wanted, strict=True)]
        return {name: float(np.mean([scores[name] for scores in each])) for name in each[0]}

    kind = tuned(
        Seq2SeqTrainer, layer_decay=1.0, batch_size=config.batch_size,
        lengths=[len(item["input_ids"]) for item in items],
    )  # fmt: skip
    trainer = kind(
        model=model,
        args=Seq2SeqTrainingArguments(
            **common_arguments(config, folder, seed=config.seed), per_device_eval_batch_size=32,
            lr_scheduler_type=config.schedule, label_smoothing_factor=config.label_smoothing,
            predict_with_generate=True, generation_max_length=config.target, generation_num_beams=config.beams,
        ),
        train_dataset=Dataset.from_list(items),
        eval_dataset=Dataset.from_list(check),
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model),
        compute_metrics=score,
        callbacks=stopping(config.patience),
    )  # fmt: skip
    if not config.label_smoothing:
        # else the smoothed loss is divided by the tokens of the whole step
        trainer.model_accepts_loss_kwargs = False
    return trainer
