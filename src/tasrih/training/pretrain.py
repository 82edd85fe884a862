"""Pretraining the compact encoder by masked language modelling, within a budget of wall-clock time.

Reads ``uint16`` shards with numpy and needs torch and transformers alone, so that the same script runs on a bare GPU
machine, in one process or in several that a launcher starts. Whole words are masked (no next-sentence task, no
dropout); logits are computed at masked places only; the learning rate reaches zero when the budget does.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasrih.models.files import digest
from tasrih.training.bases import check_base
from tasrih.training.checkpoints import Budget, cut_log, drop_checkpoint, read_checkpoint, save_checkpoint
from tasrih.training.precision import can_bf16
from tasrih.training.processes import Processes, own_part
from tasrih.training.provenance import check_resumable, write_config, write_provenance, write_whole
from tasrih.training.refolding import refold_embeddings
from tasrih.training.shards import Drawing, WindowSampler, read_shard


@dataclass(frozen=True)
class PretrainConfig:
    """What one pretraining run needs."""

    output: str
    """Folder for the encoder, its log and its checkpoints."""
    tokenizer: str
    """Folder with ``tokenizer.json``."""
    shards: dict[str, float]
    """Shard file to sampling weight; a file's share is its tokens times its weight."""
    minutes: float
    """Wall-clock budget."""
    base: str | None = None
    """Encoder to go on from, of the same tokenizer unless ``pieces`` says how it was folded; None starts a new one of
    the shape below."""
    pieces: str | None = None
    """``.npy`` with the new place of each piece of the base's vocabulary, where ``prepare`` folded it."""
    embeddings: str | None = None
    """``.npy`` of first token embeddings (see ``training.embeddings``)."""
    hidden_size: int = 256
    """Width of the encoder."""
    layers: int = 6
    """Number of blocks."""
    intermediate_size: int = 512
    """Width of the gated feed-forward layer."""
    heads: int = 4
    """Attention heads."""
    windows: int = 32
    """Windows a step while windows are short, of all processes together."""
    length: int = 64
    """Tokens of a short window."""
    long_length: int = 256
    """Tokens of a window in the last part of the run."""
    long_share: float = 0.15
    """Share of the budget that is spent on long windows."""
    mask_rate: float = 0.25
    """Share of words that are masked."""
    learning_rate: float = 1e-3
    """Peak learning rate."""
    optimizer: str = "adamw"
    """``adamw``, or ``muon`` for the matrices of the blocks with AdamW for the rest."""
    warmup_steps: int = 200
    """Steps until the peak is reached."""
    weight_decay: float = 0.05
    """Of the matrices; vectors are not decayed."""
    held_out_tokens: int = 100_000
    """Tokens at the end of the first shard that are kept for the held-out loss."""
    save_minutes: float = 10
    """Minutes between checkpoints."""
    bf16: bool = True
    """Compute in bfloat16 where the device has instructions for it."""
    compile: bool = True
    """Use ``torch.compile``."""
    device: str = "cpu"
    """``cpu`` or ``cuda``."""
    seed: int = 1
    """Of weights, windows and masks."""
    resume: bool = False
    """Go on from the last checkpoint of a run that was killed, within what is left of its budget."""

    def __post_init__(self) -> None:
        if not 0 < self.mask_rate < 1:
            raise ValueError(f"mask_rate must lie between 0 and 1, not {self.mask_rate}")
        if not 0 <= self.long_share <= 1:
            raise ValueError(f"long_share must lie between 0 and 1, not {self.long_share}")
        if self.optimizer not in ("adamw", "muon"):
            raise ValueError(f"optimizer must be adamw or muon, not {self.optimizer!r}")
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is no multiple of heads {self.heads}")
        if self.minutes <= 0:
            raise ValueError(f"minutes must be positive, not {self.minutes}")
        if not self.shards:
            raise ValueError("shards must name at least one file")
        if self.pieces and not self.base:
            raise ValueError("pieces says how a base's vocabulary was folded: name the base")


class WordMasker(Drawing):
    """Hides whole words: 80 % become ``[MASK]``, 10 % random tokens, 10 % stay."""

    def __init__(self, tokenizer, *, rate: float, seed: int) -> None:
        super().__init__(seed)
        vocabulary = tokenizer.get_vocab()
        self._size = len(vocabulary)
        self._mask_id = vocabulary["[MASK]"]
        self._continues = np.zeros(self._size, dtype=bool)
        self._special = np.zeros(self._size, dtype=bool)
        for token, index in vocabulary.items():
            self._continues[index] = token.startswith("##")
            self._special[index] = token.startswith("[") and token.endswith("]") and len(token) > 2
        self._rate = rate

    def __call__(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mask a batch.

        Args:
            ids: shape (windows, length).

        Returns:
            ``(masked, places, labels)``: the batch with words hidden; flat indices of the hidden
            tokens; their true ids. The two have one fixed length for a batch shape, so that compiled
            code is used again; places left over point at 0 with label -100.
        """
        word = np.cumsum(~self._continues[ids].ravel())
        chosen = self._random.random(word[-1] + 1) < self._rate
        hidden = (chosen[word] & ~self._special[ids].ravel()).nonzero()[0]
        room = int(ids.size * self._rate * 1.2)
        if len(hidden) > room:
            hidden = np.sort(self._random.choice(hidden, room, replace=False))
        places = np.zeros(room, dtype=np.int64)
        labels = np.full(room, -100, dtype=np.int64)
        places[: len(hidden)] = hidden
        labels[: len(hidden)] = ids.ravel()[hidden]
        masked = ids.copy().ravel()
        draw = self._random.random(len(hidden))
        masked[hidden[draw < 0.8]] = self._mask_id
        swapped = hidden[(draw >= 0.8) & (draw < 0.9)]
        masked[swapped] = self._random.integers(5, self._size, len(swapped))
        return masked.reshape(ids.shape), places, labels


def new_encoder(config: PretrainConfig, vocabulary: int):
    """Make an untrained ``ModernBertForMaskedLM`` of the configured shape.

    Args:
        config: the shape.
        vocabulary: number of token ids.

    Returns:
        The model, its embeddings tied to its output layer.
    """
    import torch
    from transformers import ModernBertConfig, ModernBertForMaskedLM

    torch.manual_seed(config.seed)
    shape = ModernBertConfig(
        vocab_size=vocabulary,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        intermediate_size=config.intermediate_size,
        max_position_embeddings=512,
        global_attn_every_n_layers=1,
        attention_dropout=0.0,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        cls_token_id=2,
        sep_token_id=3,
    )
    model = ModernBertForMaskedLM(shape)
    if config.embeddings:
        with torch.no_grad():
            model.get_input_embeddings().weight.copy_(torch.from_numpy(np.load(config.embeddings)))
    return model


def _optimizers(model, config: PretrainConfig) -> list:
    import torch

    matrices, others, vectors = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            vectors.append(parameter)
        elif ".layers." in name and config.optimizer == "muon":
            matrices.append(parameter)
        else:
            others.append(parameter)
    groups = [
        {"params": others, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    made = [torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)]
    if matrices:
        made.append(
            torch.optim.Muon(
                matrices, lr=config.learning_rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"
            )
        )
    return made


def pretrain(config: PretrainConfig) -> dict[str, float]:
    """Pretrain an encoder and save it, with its log, as ``AutoModelForMaskedLM`` opens it.

    Args:
        config: the run.

    Returns:
        ``loss`` (held out, nats a masked token), ``tokens``, ``steps`` and ``minutes`` of the run. Under ``accelerate
        launch`` or ``torchrun`` the processes share each step's windows, and the first one writes.

    Raises:
        FileNotFoundError: if a shard or the tokenizer is missing.
        ModelError: if the base is no model's folder and no hub id.
        ValueError: if the base has another vocabulary, too few tokens are left to train on, a step has fewer windows
            than there are processes, or a run to go on from was begun with other settings.
    """
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    begun, output = time.monotonic(), Path(config.output)
    finished, checkpoint, log = (output / name for name in ("pretrain_metrics.json", "checkpoint", "log.jsonl"))
    if config.resume:
        check_resumable(output, config, "pretrain_config.json")
        if finished.is_file():
            return json.loads(finished.read_text(encoding="utf-8"))
    processes = Processes(config.device)
    if (long_ones := config.windows * config.length // config.long_length) < processes.count > 1:
        raise ValueError(
            f"windows {config.windows} are {long_ones} long ones, fewer than {processes.count} processes: raise windows"
        )
    state = read_checkpoint(checkpoint, processes.device) if config.resume else None
    if state is None and processes.first:
        drop_checkpoint(checkpoint)
        for left in (finished, log):
            left.unlink(missing_ok=True)
        write_config(output, config, "pretrain_config.json")
    tokenizer = Tokenizer.from_file(str(Path(config.tokenizer) / "tokenizer.json"))
    if config.base:
        check_base(config.base)
        known, own = Path(config.base) / "tokenizer.json", tokenizer.get_vocab()
        if not config.pieces and known.exists() and Tokenizer.from_file(str(known)).get_vocab() != own:
            raise ValueError(
                f"base {config.base} has another vocabulary than tokenizer {config.tokenizer}: prepare the shards "
                f"with tokenizer={config.base}, and pass pieces= if that folds it"
            )
        model = AutoModelForMaskedLM.from_pretrained(config.base, dtype=torch.float32, attn_implementation="sdpa")
        if config.pieces:
            refold_embeddings(model, np.load(config.pieces))
    else:
        model = new_encoder(config, tokenizer.get_vocab_size())
    prepared = Path(config.tokenizer) / "prepare.json"
    if prepared.is_file():
        # what is fine-tuned from here reads texts under the same profile
        model.config.tasrih = {"profile": json.loads(prepared.read_text(encoding="utf-8"))["profile"]}
    model.to(processes.device).train()

    shards = [read_shard(path) for path in config.shards]
    if len(shards[0]) <= config.held_out_tokens + config.long_length:
        raise ValueError(
            f"held_out_tokens {config.held_out_tokens} leaves nothing to train on: "
            f"the first shard has {len(shards[0])} tokens"
        )
    held_out = shards[0][-config.held_out_tokens :]
    shards[0] = shards[0][: -config.held_out_tokens]
    cls_id = tokenizer.token_to_id("[CLS]")
    sampler = WindowSampler(shards, list(config.shards.values()), cls_id=cls_id, seed=config.seed)
    masker = WordMasker(tokenizer, rate=config.mask_rate, seed=config.seed)

    bf16 = config.bf16 and can_bf16(config.device)

    def loss_of(ids, places, labels, all_labels):
        with torch.autocast(config.device, torch.bfloat16, enabled=bf16):
            states = model.model(input_ids=ids).last_hidden_state.flatten(0, 1)[places]
            logits = model.decoder(model.head(states))
        return torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum") / all_labels

    forward = torch.compile(loss_of) if config.compile else loss_of
    optimizers = _optimizers(model, config)

    def batch_of(ids: np.ndarray):
        hidden = masker(ids)
        parts = (*own_part(*hidden, processes.part(len(ids))), np.float32((hidden[2] != -100).sum()))
        return [torch.as_tensor(part).to(processes.device) for part in parts]

    def held_out_loss() -> float:
        check = WordMasker(tokenizer, rate=config.mask_rate, seed=0)
        room = held_out[: len(held_out) // 63 * 63].reshape(-1, 63).astype(np.int64)
        room = np.concatenate([np.full((len(room), 1), cls_id), room], axis=1)[:512]
        losses = []
        with torch.no_grad():
            for start in range(0, len(room) - 31, 32):
                hidden = check(room[start : start + 32])
                parts = (*hidden, np.float32((hidden[2] != -100).sum()))
                losses.append(forward(*(torch.as_tensor(part).to(processes.device) for part in parts)).item())
        return float(np.mean(losses))

    def save(folder: Path) -> None:
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(config.tokenizer).save_pretrained(folder)

    tokens = step = 0
    recent: list[float] = []
    if state is not None:
        model.load_state_dict(state["model"])
        for optimizer, stored in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
        sampler.state, masker.state = state["windows"], state["masks"]
        step, tokens, recent = state["step"], state["tokens"], state["losses"]
        cut_log(log, step)
    budget = Budget(config.minutes, state["used"] if state else 0.0)
    saved = budget.used
    while (spent := processes.told(budget.spent())) < 1:
        long = spent > 1 - config.long_share
        length = config.long_length if long else config.length
        windows = max(1, config.windows * config.length // length)
        rate = min(1.0, (step + 1) / config.warmup_steps) * 0.5 * (1 + math.cos(math.pi * spent))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * rate
        loss = forward(*batch_of(sampler.batch(windows, length)))
        loss.backward()
        loss = loss.detach()
        processes.add_up([loss, *(parameter.grad for parameter in model.parameters())])
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        step += 1
        tokens += windows * length
        recent.append(loss.item())
        if step % 200 == 0:
            line = {"step": step, "tokens": tokens, "loss": round(float(np.mean(recent)), 4), "spent": round(spent, 4)}
            if step % 1000 == 0:
                line["held_out"] = round(held_out_loss(), 4)
            recent.clear()
            if processes.first:
                print(json.dumps(line), flush=True)
                with open(log, "a", encoding="utf-8") as lines:
                    lines.write(json.dumps(line) + "\n")
        if processes.first and budget.used - saved > config.save_minutes * 60:
            saved = budget.used
            save_checkpoint(checkpoint, save, {
                "model": model.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                "windows": sampler.state, "masks": masker.state, "step": step, "tokens": tokens, "losses": recent,
                "used": budget.used,
            })  # fmt: skip
    result = {
        "loss": round(held_out_loss(), 4), "tokens": tokens, "steps": step,
        "minutes": round(budget.used / 60, 2),
    }  # fmt: skip
    if not processes.first:
        processes.leave()
        return result
    save(output)
    data = [{"name": path, "tokens": len(read_shard(path)), "sha256": digest(Path(path))} for path in config.shards]
    write_provenance(output, seeds=[config.seed], data=data, begun=begun, resumed=state is not None)
    write_whole(finished, json.dumps(result, indent=1))
    drop_checkpoint(checkpoint)
    processes.leave()
    return result
