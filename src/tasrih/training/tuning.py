"""One fine-tuning run over transformers' Trainer: order, learning rates by layer, checkpoints, early stopping."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from tasrih.data.labelled import Row
from tasrih.data.respelling import respell_rows
from tasrih.evaluation.metrics import average_precision, multi_label_scores, single_label_scores
from tasrih.models.encoding import TextEncoder
from tasrih.training.bases import base_profile, open_base
from tasrih.training.features import Collator, features, hide_tokens, join_rows
from tasrih.training.losses import joined_module, pooled_module, text_loss
from tasrih.training.precision import can_bf16
from tasrih.training.provenance import write_whole

if TYPE_CHECKING:
    from tasrih.training.config import ClassifierConfig


@dataclass
class Fitted:
    """A fine-tuned model.

    Attributes:
        module: what was trained: the model, or the module that wraps it.
        model: the classifier in it.
        span_model: the token classifier over the same encoder, or None.
        tokenizer: the base's tokenizer.
        encoder: the tokenizer with its profile and window.
        trainer: the Trainer, for further evaluation.
        scores: on the rows that its epoch was chosen on.
    """

    module: Any
    model: Any
    span_model: Any
    tokenizer: Any
    encoder: TextEncoder
    trainer: Any
    scores: dict[str, float]

    @property
    def reader(self):
        """The module that reads single windows, with ``span_logits`` where there is a token head."""
        return self.module if self.span_model else self.model

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes."""
        return self.trainer.is_world_process_zero()

    def wait(self) -> None:
        """Wait until every process is here."""
        self.trainer.accelerator.wait_for_everyone()


def per_process(batch_size: int, accumulate: int) -> int:
    """Share a step out among processes and parts.

    Args:
        batch_size: of a step, over all processes.
        accumulate: parts of a step.

    Returns:
        What one process computes at once.

    Raises:
        ValueError: if it cannot be shared out evenly.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if batch_size % (processes * accumulate):
        raise ValueError(
            f"batch_size {batch_size} is no multiple of {processes} processes times accumulate {accumulate}"
        )
    return batch_size // (processes * accumulate)


def layer_groups(model, *, learning_rate: float, layer_decay: float, weight_decay: float, decayed: set[str]) -> list:
    """Group parameters by layer, each with the learning rate of the one above it times ``layer_decay``.

    Args:
        model: any module whose blocks are numbered under ``layer``, ``layers`` or ``block``.
        learning_rate: of the heads.
        layer_decay: from one block to the next below; embeddings stand under the lowest block.
        weight_decay: of the parameters named in ``decayed``.
        decayed: names of parameters.

    Returns:
        Parameter groups for a torch optimiser.

    Source:
        Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018.
    """
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    blocks = {name: re.search(r"\b(?:block|layers?)\.(\d+)\.", name) for name in names}
    top = max((int(found[1]) + 1 for found in blocks.values() if found), default=0) + 1

    def depth(name: str) -> int:
        if found := blocks[name]:
            return int(found[1]) + 1
        return 0 if "embedding" in name else top

    groups: dict[tuple[int, bool], dict] = {}
    parameters = dict(model.named_parameters())
    for name in names:
        key = depth(name), name in decayed
        group = groups.setdefault(
            key,
            {
                "params": [],
                "lr": learning_rate * layer_decay ** (top - key[0]),
                "weight_decay": weight_decay if key[1] else 0.0,
            },
        )
        group["params"].append(parameters[name])
    return list(groups.values())


def grouped_sampler(lengths: list[int], batch_size: int, seed: int):
    """Make a sampler of batches of like length whose order depends on seed and epoch alone.

    So every process draws the same order, and a run that goes on draws the one that it would have drawn.

    Args:
        lengths: tokens of each item.
        batch_size: of a step, over all processes.
        seed: of the order.

    Returns:
        A torch sampler with ``set_epoch``.
    """
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    class Grouped(torch.utils.data.Sampler):
        epoch = 0

        def set_epoch(self, epoch: int) -> None:
            self.epoch = epoch

        def __len__(self) -> int:
            return len(lengths)

        def __iter__(self):
            generator = torch.Generator().manual_seed(seed + 1_000_003 * self.epoch)
            return iter(get_length_grouped_indices(lengths, batch_size, generator=generator))

    return Grouped()


def tuned(kind: type, *, layer_decay: float, batch_size: int, lengths: list[int], hide: Callable | None = None) -> type:
    """Give a Trainer class our order, learning rates by layer, hidden tokens, and steps of the size that is asked for.

    Args:
        kind: ``Trainer`` or ``Seq2SeqTrainer``.
        layer_decay: as ``layer_groups`` takes it.
        batch_size: of a step, over all processes.
        lengths: tokens of each training item.
        hide: hides tokens of a batch from its ids and attention mask, in training alone. It is done at the step, not
            where batches are made, which runs ahead: so a run that goes on from a checkpoint draws what it would have.

    Returns:
        The subclass.
    """

    class Tuned(kind):
        def __init__(self, *, args, **options):
            if args.n_gpu > 1:
                told = f"one GPU of {args.n_gpu} is used: `accelerate launch` with a script of scripts/ takes them all"
                print(told, file=sys.stderr)
                args._n_gpu = 1  # else nn.DataParallel would give each a whole step
            super().__init__(args=args, **options)

        def get_batch_samples(self, *arguments):
            batches, items = super().get_batch_samples(*arguments)
            if batches and "span_labels" in batches[0]:
                found = sum((batch["span_labels"] >= 0).sum() for batch in batches)
                found = self.accelerator.reduce(found.to(self.args.device), "sum").clamp(min=1)
                for batch in batches:
                    batch["span_tokens"] = found / (len(batches) * self.args.world_size)
            return batches, items

        def _get_train_sampler(self, train_dataset=None):
            return grouped_sampler(lengths, batch_size, self.args.seed)

        def training_step(self, model, inputs, *arguments, **options):
            if hide:
                inputs = {**inputs, "input_ids": hide(inputs["input_ids"], inputs["attention_mask"])}
            return super().training_step(model, inputs, *arguments, **options)

        def create_optimizer(self, model=None):
            module = self.model if model is None else model
            if self.optimizer is None and layer_decay < 1:
                optimizer, options = self.get_optimizer_cls_and_kwargs(self.args, module)
                groups = layer_groups(
                    module, learning_rate=self.args.learning_rate, layer_decay=layer_decay,
                    weight_decay=self.args.weight_decay, decayed=set(self.get_decay_parameter_names(module)),
                )  # fmt: skip
                self.optimizer = optimizer(groups, **options)
            return super().create_optimizer(model)

    return Tuned


def run_or_resume(trainer, folder: Path, *, resume: bool) -> dict[str, float]:
    """Train, or go on from the last checkpoint, or take what a finished run left.

    A finished run leaves ``weights.safetensors``, ``log.json`` (losses and scores by step) and ``scores.json``.

    Args:
        trainer: the Trainer, its ``output_dir`` being the folder.
        folder: where checkpoints and, in the end, those files go.
        resume: whether to go on from what lies there.

    Returns:
        The scores on the evaluation rows; the model holds the weights that they belong to.
    """
    from safetensors.torch import load_model, save_model

    weights, scores = folder / "weights.safetensors", folder / "scores.json"
    if resume and scores.is_file():
        load_model(trainer.model, weights, device=str(trainer.args.device))
        return json.loads(scores.read_text(encoding="utf-8"))
    if not resume and trainer.is_world_process_zero():
        shutil.rmtree(folder, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    if trainer.args.num_train_epochs:
        begun = last_checkpoint(folder) if resume else None
        if begun and (stopped := _stopped_at(Path(begun))):
            trainer.args.max_steps = stopped
        trainer.train(resume_from_checkpoint=begun)
    found = {name.removeprefix("eval_"): value for name, value in trainer.evaluate().items()}
    if trainer.is_world_process_zero():
        folder.mkdir(parents=True, exist_ok=True)
        save_model(trainer.model, str(weights))
        write_whole(folder / "log.json", json.dumps(trainer.state.log_history, indent=1, default=float))
        write_whole(scores, json.dumps(found, indent=1, default=float))
    trainer.accelerator.wait_for_everyone()
    return found


def _stopped_at(checkpoint: Path) -> int:
    """Give the step of a checkpoint whose run had already stopped early when it was killed; 0 if it had not.

    The Trainer forgets that it was to stop, and would train an epoch more.
    """
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    stored = (state.get("stateful_callbacks") or {}).get("EarlyStoppingCallback")
    if not isinstance(stored, dict):
        return 0
    counter = stored["attributes"]["early_stopping_patience_counter"]
    return state["global_step"] if counter >= stored["args"]["early_stopping_patience"] else 0


def last_checkpoint(folder: Path) -> str | None:
    """Find the last checkpoint that was written to its end.

    Args:
        folder: where checkpoints go.

    Returns:
        Its path, or None; one that a kill cut short lacks the state, which is written last.
    """

    def is_whole(state: Path) -> bool:
        try:
            return bool(json.loads(state.read_text(encoding="utf-8")))
        except ValueError:
            return False

    whole = [state.parent for state in folder.glob("checkpoint-*/trainer_state.json") if is_whole(state)]
    return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2]))) if whole else None


def read_logs(runs: Path) -> dict[str, list[dict]]:
    """Read the losses and scores by step that finished runs left, by the names of their folders."""
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(runs.glob("*/log.json"))}


def spread(scores: Sequence[dict[str, float]]) -> dict:
    """Give mean and deviation of each score over runs.

    Args:
        scores: each run's.

    Returns:
        ``runs``, their number; ``mean`` and ``deviation`` (of a sample; 0 of one run), a number a score.

    Example:
        >>> spread([{"accuracy": 0.5}, {"accuracy": 0.7}])["mean"]
        {'accuracy': 0.6}
    """
    names = [name for name in scores[0] if all(isinstance(each.get(name), (int, float)) for each in scores)]
    names = [name for name in names if not name.endswith(("runtime", "per_second", "epoch"))]
    return {
        "runs": len(scores),
        "mean": {name: mean(float(each[name]) for each in scores) for name in names},
        "deviation": {name: stdev(float(each[name]) for each in scores) if len(scores) > 1 else 0.0 for name in names},
    }


def common_arguments(config, folder: Path, *, seed: int) -> dict[str, Any]:
    """Give the Trainer's arguments that classifiers and summarisers share.

    Args:
        config: the run, of either kind.
        folder: where checkpoints go.
        seed: of order and dropout.

    Returns:
        Keyword arguments of ``TrainingArguments``.
    """
    import torch

    every = (
        {"eval_strategy": "steps", "save_strategy": "steps", "eval_steps": config.evaluate_steps,
         "save_steps": config.evaluate_steps}
        if config.evaluate_steps else {"eval_strategy": "epoch", "save_strategy": "epoch"}
    )  # fmt: skip
    return {
        "output_dir": str(folder),
        "num_train_epochs": config.epochs,
        "per_device_train_batch_size": per_process(config.batch_size, config.accumulate),
        "gradient_accumulation_steps": config.accumulate,
        "learning_rate": config.learning_rate,
        "weight_decay": config.weight_decay,
        "warmup_steps": config.warmup,
        "optim": "adamw_torch_fused",
        "bf16": config.bf16 and can_bf16(),
        "use_cpu": not torch.cuda.is_available(),
        "train_sampling_strategy": "group_by_length",
        "save_total_limit": 1,
        # how often it was no better stands in a checkpoint too
        "restore_callback_states_from_checkpoint": True,
        "load_best_model_at_end": True,
        "metric_for_best_model": config.metric,
        "greater_is_better": True,
        "logging_steps": config.log_steps,
        "report_to": "none",
        "seed": seed,
        "disable_tqdm": True,
        **every,
    }


def stopping(patience: int) -> list:
    """Give the callbacks that stop a run early."""
    from transformers import EarlyStoppingCallback

    return [EarlyStoppingCallback(patience)] if patience else []


def _hiding(share: float, tokenizer) -> Callable | None:
    if not share:
        return None
    if tokenizer.mask_token_id is None:
        raise ValueError(f"token_dropout {share} needs a base with a mask token, which this one lacks: give 0")
    return partial(hide_tokens, share=share, mask_id=tokenizer.mask_token_id, special_ids=tokenizer.all_special_ids)


def _scorer(config: ClassifierConfig) -> Callable:
    def score(prediction) -> dict[str, float]:
        logits = prediction.predictions[0] if isinstance(prediction.predictions, tuple) else prediction.predictions
        truth = prediction.label_ids[0] if isinstance(prediction.label_ids, tuple) else prediction.label_ids
        if config.multi_label:
            scores = multi_label_scores(truth[:, :-1] > 0.5, logits[:, :-1] > 0)
            return scores | {"average_precision": average_precision(truth > 0.5, logits)}
        return single_label_scores(truth, logits.argmax(-1), len(config.labels))

    return score


def fit(
    config: ClassifierConfig, train: list[Row], validation: list[Row], folder: Path, *, seed: int, head_seed: int
) -> Fitted:
    """Fine-tune once.

    Args:
        config: the run.
        train: the rows to train on, repeats included.
        validation: the rows that the epoch is chosen on.
        folder: for checkpoints and what is left of a finished run.
        seed: of order and dropout.
        head_seed: of the heads' first weights.

    Returns:
        The model of the best epoch.

    Raises:
        ModelError: if the base is not found.
        ValueError: if tokens are to be hidden of a base without a mask token.
    """
    from datasets import Dataset
    from transformers import Trainer, TrainingArguments

    model, span_model, tokenizer = open_base(config, head_seed)
    encoder = TextEncoder(
        tokenizer.backend_tokenizer, profile=config.profile or base_profile(config.base, tokenizer),
        max_length=config.max_length, pad_id=tokenizer.pad_token_id,
    )  # fmt: skip
    rows = respell_rows(train, config.spelling, profile=encoder.profile, seed=seed)
    # three characters a token: what is joined still fits one window
    rows = join_rows(rows, config.joined, longest=3 * config.max_length, seed=seed)
    items = features(rows, encoder, config, windows_per_text=config.windows_per_text)
    pooling = config.pool_windows != "none"
    check = features(validation, encoder, config, windows_per_text=config.windows_per_text if pooling else 1)

    own_loss = pooling or config.class_balance > 0 or config.focal_gamma > 0
    loss = text_loss(config, rows) if own_loss else None
    if span_model:
        module = joined_module(model, span_model, span_weight=config.span_weight, tag_loss=loss)
    else:
        module = pooled_module(model, loss, pool=config.pool_windows) if own_loss else model
    model.get_input_embeddings().weight.requires_grad_(not config.freeze_embeddings)

    kind = tuned(
        Trainer, layer_decay=config.layer_decay, batch_size=config.batch_size,
        lengths=[len(item["input_ids"]) for item in items],
        hide=_hiding(config.token_dropout, tokenizer),
    )  # fmt: skip
    trainer = kind(
        model=module,
        args=TrainingArguments(
            **common_arguments(config, folder, seed=seed),
            per_device_eval_batch_size=16 if pooling else 64,
            lr_scheduler_type=config.schedule,
            label_smoothing_factor=0.0 if own_loss else config.label_smoothing,
            adam_beta2=0.98,  # as RoBERTa (Liu et al. 2019)
            remove_unused_columns=False,
            label_names=["labels", "span_labels"] if config.spans else ["labels"],
        ),
        train_dataset=Dataset.from_list(items),
        eval_dataset=Dataset.from_list(check),
        data_collator=Collator(
            pad_id=encoder.pad_id,
            types="token_type_ids" in tokenizer.model_input_names,
            multi_label=config.multi_label,
        ),
        compute_metrics=_scorer(config),
        callbacks=stopping(config.patience),
    )
    # classifiers take any keyword and leave it: their loss is a mean, which parts and processes average
    trainer.model_accepts_loss_kwargs = False
    scores = run_or_resume(trainer, folder, resume=config.resume)
    return Fitted(module, model, span_model, tokenizer, encoder, trainer, scores)
