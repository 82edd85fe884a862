"""Fine-tuning an encoder to classify texts: topic, stance to a target, statement tags and spans.

What is saved opens with ``AutoModelForSequenceClassification`` (and, for spans, with
``AutoModelForTokenClassification``); our own settings stand in its config under ``tasrih``.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root
from tasrih.data.guard import HeldOut
from tasrih.data.labelled import Row, read_task
from tasrih.evaluation.calibration import confidence_for_precision, fit_temperature, fit_thresholds
from tasrih.evaluation.metrics import average_precision, multi_label_scores, single_label_scores
from tasrih.evaluation.spans import fit_spans
from tasrih.models.classifier import Classifier, ClassifierSettings
from tasrih.models.encoding import TextEncoder
from tasrih.models.spans import SPAN_LABELS
from tasrih.schemes import SCHEMES
from tasrih.training.features import Collator, features, join_rows

#: ``abstain=True`` answers where at least this share of the validation answers was right.
ABSTAIN_PRECISION = 0.9


@dataclass(frozen=True)
class Source:
    """One set to train on."""

    name: str
    """The set's folder under the data root."""
    split: str = "train"
    """Its split."""
    limit: int | None = None
    """Rows at most, drawn by a hash of the id."""
    repeat: int = 1
    """How often each row is seen in an epoch."""


@dataclass(frozen=True)
class ClassifierConfig:
    """What one fine-tuning run needs."""

    task: str
    """``topic``, ``stance`` or ``statement``."""
    base: str
    """Encoder to start from: a folder or a hub id."""
    output: str
    """Folder for the model."""
    train: list[Source]
    """Sets to train on."""
    validation: Source
    """Set that epochs are compared on and thresholds are fitted on."""
    profile: str = "encoder"
    """Normalisation profile of the base."""
    spans: bool = False
    """Train the token head for speakers and targets beside the tags (``statement`` alone)."""
    max_length: int = 128
    """Tokens of a window."""
    windows_per_text: int = 1
    """Windows of a long text that are trained on."""
    epochs: float = 4
    """Passes over the training rows."""
    batch_size: int = 32
    """Windows a step."""
    learning_rate: float = 3e-4
    """Peak learning rate."""
    warmup: float = 0.06
    """Share of the steps until the peak."""
    weight_decay: float = 0.01
    """Of the matrices."""
    dropout: float = 0.1
    """Of the heads and the blocks' outputs."""
    joined: float = 0.0
    """Share of training texts that are seen joined to another one, the tags of both together: news sentences hold
    several acts, and a pooled state must show each."""
    freeze_embeddings: bool = False
    """Leave the token embeddings as pretraining left them, so that words unseen here stay beside those seen."""
    token_dropout: float = 0.0
    """Share of tokens that are hidden by ``[MASK]`` in training."""
    label_smoothing: float = 0.0
    """Of single-label targets."""
    span_weight: float = 2.0
    """Weight of the token loss beside the tag loss."""
    pooling: str = "mean"
    """``mean`` or ``cls`` (for encoders that offer both)."""
    metric: str = "macro_f1"
    """What the best epoch is chosen by: ``macro_f1`` or ``accuracy``; of several labels ``average_precision``,
    which no threshold moves, ``micro_f1`` or ``macro_f1``."""
    bf16: bool = True
    """Compute in bfloat16 where the device may."""
    seed: int = 1
    """Of the head's weights, the order and dropout."""

    def __post_init__(self) -> None:
        if self.task not in SCHEMES:
            raise ValueError(f"task must be one of {', '.join(SCHEMES)}, not {self.task!r}")
        if self.spans and self.task != "statement":
            raise ValueError(f"spans belong to the task statement, not to {self.task!r}")
        allowed = ("average_precision", "micro_f1", "macro_f1") if self.multi_label else ("accuracy", "macro_f1")
        if self.metric not in allowed:
            raise ValueError(f"metric must be one of {', '.join(allowed)} for {self.task}, not {self.metric!r}")
        if not 0 <= self.joined < 1:
            raise ValueError(f"joined must lie between 0 and 1, not {self.joined}")
        if self.pooling not in ("mean", "cls"):
            raise ValueError(f"pooling must be mean or cls, not {self.pooling!r}")
        if not self.train:
            raise ValueError("train must name at least one set")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the head, in order; ``conditional`` stands last among the statement tags."""
        names = SCHEMES[self.task].names
        return (*names, "conditional") if self.task == "statement" else names

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels."""
        return SCHEMES[self.task].multi_label


@dataclass
class TrainingData:
    """Rows read for a run, and how many the guard took out."""

    train: list[Row]
    validation: list[Row]
    removed: dict[str, int] = field(default_factory=dict)


def read_training_data(config: ClassifierConfig, root: Path | None = None) -> TrainingData:
    """Read a run's rows, held-out texts taken out of the training part.

    Args:
        config: the run.
        root: the data root; None takes ``data_root()``.

    Returns:
        The rows and the number removed for each set.

    Raises:
        FileNotFoundError: if a set is not there.
    """
    root = root or data_root()
    guard = HeldOut.from_root(root)
    data = TrainingData([], read_task(root, config.task, config.validation.name, config.validation.split))
    for source in config.train:
        rows = read_task(root, config.task, source.name, source.split, limit=source.limit)
        kept, removed = guard.refuse(rows, lambda row: row.text, lambda row: row.id)
        name = f"{source.name}/{source.split}"
        data.removed[name] = data.removed.get(name, 0) + removed
        data.train += kept * source.repeat
    return data


def open_base(config: ClassifierConfig):
    """Open the encoder with fresh heads, and its tokenizer.

    Args:
        config: the run.

    Returns:
        ``(model, span model or None, tokenizer)``; the two models share one encoder.

    Raises:
        OSError: if the base is not found.
        ValueError: if spans are asked of a base of another family.
    """
    import torch
    from transformers import (
        AutoConfig,
        AutoModelForSequenceClassification,
        AutoModelForTokenClassification,
        AutoTokenizer,
    )

    torch.manual_seed(config.seed)
    shape = AutoConfig.from_pretrained(config.base)
    if shape.model_type == "modernbert":
        shape.classifier_pooling = config.pooling
        shape.mlp_dropout = shape.classifier_dropout = config.dropout
        shape.embedding_dropout = config.dropout / 2
    elif config.spans:
        raise ValueError(
            f"spans needs a ModernBERT base, as the bundled encoder is; {config.base} is {shape.model_type}"
        )
    shape.id2label = dict(enumerate(config.labels))
    shape.label2id = {name: index for index, name in shape.id2label.items()}
    shape.problem_type = "multi_label_classification" if config.multi_label else "single_label_classification"
    model = AutoModelForSequenceClassification.from_pretrained(config.base, config=shape, dtype=torch.float32)
    span_model = None
    if config.spans:
        shape = AutoConfig.from_pretrained(config.base)
        shape.id2label = dict(enumerate(SPAN_LABELS))
        shape.label2id = {name: index for index, name in shape.id2label.items()}
        shape.classifier_dropout = config.dropout
        span_model = AutoModelForTokenClassification.from_pretrained(config.base, config=shape, dtype=torch.float32)
        setattr(span_model, span_model.base_model_prefix, model.base_model)
    return model, span_model, AutoTokenizer.from_pretrained(config.base)


def joined_module(model, span_model, *, span_weight: float = 1.0):
    """Join a tag head and a token head over the encoder that they share, one pass for both.

    Args:
        model: a ``ModernBertForSequenceClassification``.
        span_model: a ``ModernBertForTokenClassification`` whose ``model`` is the first one's.
        span_weight: weight of the token loss.

    Returns:
        A module; called with ``input_ids`` and ``attention_mask`` it gives ``logits`` (batch, labels)
        and ``span_logits`` (batch, tokens, span labels), and ``loss`` where labels are given.
    """
    from torch import nn

    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tags, self.config = model, model.config
            # the head alone: its model's encoder is the tags' own, and would be saved twice
            self.span_head, self.span_drop, self.span_classifier = (
                span_model.head,
                span_model.drop,
                span_model.classifier,
            )

        def forward(self, input_ids, attention_mask, labels=None, span_labels=None):
            states = self.tags.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if self.config.classifier_pooling == "cls":
                pooled = states[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(states.dtype)
                pooled = (states * mask).sum(1) / mask.sum(1)
            logits = self.tags.classifier(self.tags.drop(self.tags.head(pooled)))
            span_logits = self.span_classifier(self.span_drop(self.span_head(states)))
            result = {"logits": logits, "span_logits": span_logits}
            if labels is not None:
                loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), labels, reduction="none")
                loss = loss.sum(-1).mean()
                if span_labels is not None:
                    flat = span_logits.float().flatten(0, 1)
                    loss += span_weight * nn.functional.cross_entropy(flat, span_labels.flatten(), ignore_index=-100)
                result = {"loss": loss, **result}
            return result

    return Joined()


def train_classifier(config: ClassifierConfig, root: Path | None = None) -> dict:
    """Fine-tune a classifier and save it beside its settings and validation scores.

    Args:
        config: the run.
        root: the data root; None takes ``data_root()``.

    Returns:
        The validation scores of the epoch that was kept, and what the guard removed.

    Raises:
        FileNotFoundError: if a set is not there.
        OSError: if the base is not found.
    """
    import torch
    from datasets import Dataset
    from transformers import Trainer, TrainingArguments

    output = Path(config.output)
    model, span_model, tokenizer = open_base(config)
    encoder = TextEncoder(
        tokenizer.backend_tokenizer, profile=config.profile, max_length=config.max_length, pad_id=tokenizer.pad_token_id
    )
    data = read_training_data(config, root)
    # three characters a token: what is joined still fits one window
    rows = join_rows(data.train, config.joined, longest=3 * config.max_length, seed=config.seed)
    train = features(rows, encoder, config, windows_per_text=config.windows_per_text)
    check = features(data.validation, encoder, config, windows_per_text=1)
    for item in check:
        item["whole"] = True  # no token of a validation text is hidden
    module = joined_module(model, span_model, span_weight=config.span_weight) if span_model else model
    model.get_input_embeddings().weight.requires_grad_(not config.freeze_embeddings)

    def score(prediction) -> dict[str, float]:
        logits = prediction.predictions[0] if isinstance(prediction.predictions, tuple) else prediction.predictions
        truth = prediction.label_ids[0] if isinstance(prediction.label_ids, tuple) else prediction.label_ids
        if config.multi_label:
            scores = multi_label_scores(truth[:, :-1] > 0.5, logits[:, :-1] > 0)
            return scores | {"average_precision": average_precision(truth > 0.5, logits)}
        return single_label_scores(truth, logits.argmax(-1), len(config.labels))

    arguments = TrainingArguments(
        output_dir=str(output / "checkpoints"),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        lr_scheduler_type="cosine",
        label_smoothing_factor=config.label_smoothing,
        adam_beta2=0.98,
        optim="adamw_torch_fused",
        bf16=config.bf16,
        use_cpu=not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=True,
        metric_for_best_model=config.metric,
        logging_steps=50,
        report_to="none",
        seed=config.seed,
        remove_unused_columns=False,
        label_names=["labels", "span_labels"] if config.spans else ["labels"],
        disable_tqdm=True,
    )
    trainer = Trainer(
        model=module,
        args=arguments,
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(check),
        data_collator=Collator(
            pad_id=encoder.pad_id,
            mask_id=tokenizer.mask_token_id,
            hide=config.token_dropout,
            types="token_type_ids" in tokenizer.model_input_names,
            multi_label=config.multi_label,
        ),
        compute_metrics=score,
    )
    trainer.train()
    scores = {name.removeprefix("eval_"): value for name, value in trainer.evaluate().items()}

    settings = calibrate(module, encoder, data.validation, config)
    parts = [(model, output)] + ([(span_model, output / "spans")] if span_model else [])
    for part, folder in parts:
        part.config.tasrih = asdict(settings)
        part.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    result = {"validation": scores, "removed_by_guard": data.removed, "train_rows": len(data.train)}
    (output / "train_config.json").write_text(json.dumps(asdict(config), indent=1, ensure_ascii=False))
    (output / "train_metrics.json").write_text(json.dumps(result, indent=1, default=float))
    return result


def calibrate(module, encoder: TextEncoder, rows: list[Row], config: ClassifierConfig) -> ClassifierSettings:
    """Fit temperature, thresholds and the pooling of windows on the validation rows.

    Args:
        module: the trained model.
        encoder: its tokenizer.
        rows: validation rows.
        config: the run.

    Returns:
        The settings that are stored with the model.
    """
    settings = ClassifierSettings(config.task, config.labels, config.multi_label, config.profile, config.max_length)
    classifier = Classifier(ModuleEngine(module), encoder, settings)
    readings = classifier.read(
        [row.text for row in rows], [row.target or "" for row in rows] if config.task == "stance" else None
    )
    if config.multi_label:
        truth = np.array([[label in row.labels for label in config.labels] for row in rows])
        logits = np.stack([reading.logits.max(0) for reading in readings])
        temperature = fit_temperature(logits, truth, multi_label=True)
        probabilities = 1 / (1 + np.exp(-logits / temperature))
        thresholds = fit_thresholds(probabilities[:, :-1], truth[:, :-1], config.labels[:-1])
        thresholds |= fit_thresholds(probabilities[:, -1:], truth[:, -1:], config.labels[-1:])
        classifier.settings = replace(settings, temperature=temperature, thresholds=thresholds)
        return fit_spans(classifier, rows, readings) if config.spans else classifier.settings
    truth = np.array([config.labels.index(row.labels[0]) for row in rows])
    temperature = fit_temperature(np.stack([reading.logits[0] for reading in readings]), truth, multi_label=False)
    best: tuple[float, ClassifierSettings, np.ndarray] | None = None
    for lead_weight in (0.0, 1.0, 3.0, 9.0):
        tried = replace(settings, temperature=temperature, lead_weight=lead_weight)
        classifier.settings = tried
        pooled = np.stack([classifier.probabilities(reading)[0] for reading in readings])
        score = single_label_scores(truth, pooled.argmax(1), len(config.labels))[config.metric]
        if best is None or score > best[0]:
            best = score, tried, pooled
    _, settings, pooled = best
    floor = confidence_for_precision(pooled.max(1), pooled.argmax(1) == truth, ABSTAIN_PRECISION)
    return replace(settings, abstain_below=floor)


class ModuleEngine:
    """A torch module behind the engine protocol, for calibrating what was just trained."""

    def __init__(self, module) -> None:
        self._module = module.eval()

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch."""
        import torch

        device = next(self._module.parameters()).device
        known = inspect.signature(self._module.forward).parameters
        inputs = {name: torch.from_numpy(value).to(device) for name, value in batch.items() if name in known}
        with torch.no_grad():
            result = self._module(**inputs)
        return {name: value.float().cpu().numpy() for name, value in result.items() if name.endswith("logits")}
