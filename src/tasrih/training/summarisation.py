"""Training the compact seq2seq summariser: first to copy, then to write headlines.

A T5-shaped encoder-decoder (pre-norm, relative positions) whose token embeddings start from the
corpus's PMI (see ``training.embeddings``). Two stages share one wall-clock budget: spans of an
article to be written out again, which teaches attention to follow the source, then article →
headline pairs.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tasrih.data.corpus import Article, data_root, find_split, read_articles, read_rows
from tasrih.data.guard import HeldOut
from tasrih.data.labelled_source import fingerprint_rows
from tasrih.evaluation.summaries import fit_sureness
from tasrih.models.auto_tokenizer import open_auto_tokenizer
from tasrih.models.summariser import Summariser
from tasrih.text.normalise import normalise
from tasrih.training.bases import check_base
from tasrih.training.checkpoints import Budget, cut_log, drop_checkpoint, read_checkpoint, save_checkpoint
from tasrih.training.embeddings import count_pairs, embed_by_pmi
from tasrih.training.precision import can_bf16
from tasrih.training.provenance import check_resumable, write_config, write_provenance, write_whole
from tasrih.training.tokenizer import learn_seq2seq_vocabulary, save_seq2seq_tokenizer


@dataclass(frozen=True)
class SummariserConfig:
    """What one run needs."""

    output: str
    """Folder for the model."""
    minutes: float
    """Wall-clock budget of the two stages."""
    corpus: str = "corpus"
    """Folder of articles under the data root."""
    titled: list[str] = field(default_factory=lambda: ["saudinewsnet", "ant", "bbc_arabic_2017"])
    """Files of that folder whose headlines are learnt."""
    base: str | None = None
    """Summariser to go on from; None starts a new one of the shape below."""
    vocabulary: int = 16384
    """Pieces of the tokenizer."""
    profile: str = "tidy"
    """Normalisation profile; spelling is kept, for it is written again."""
    width: int = 256
    """Width of the model."""
    heads: int = 4
    """Attention heads."""
    feed_forward: int = 512
    """Width of the gated feed-forward layers."""
    encoder_layers: int = 4
    """Blocks of the encoder."""
    decoder_layers: int = 3
    """Blocks of the decoder."""
    validation: list[str] = field(default_factory=lambda: ["summarisation/ant", "summarisation/saudinewsnet_headlines"])
    """Sets whose validation articles say from when the model is sure enough of a headline."""
    validation_articles: int = 150
    """Articles of each at most."""
    copy_share: float = 0.25
    """Share of the budget for the copying stage."""
    copy_source: int = 64
    """Tokens of the source in the copying stage."""
    source: int = 144
    """Tokens of the article that are read."""
    target: int = 24
    """Tokens of the headline at most."""
    batch_size: int = 32
    """Pairs a step."""
    learning_rate: float = 1e-3
    """Peak learning rate."""
    warmup_steps: int = 200
    """Steps until the peak."""
    weight_decay: float = 0.01
    """Of the matrices."""
    dropout: float = 0.1
    """Of every layer, in the headline stage."""
    label_smoothing: float = 0.1
    """Of the target distribution, in the headline stage."""
    bf16: bool = True
    """Compute in bfloat16 where the device has instructions for it."""
    compile: bool = True
    """Use ``torch.compile``."""
    seed: int = 1
    """Of weights and order."""
    save_minutes: float = 5
    """Minutes between checkpoints."""
    resume: bool = False
    """Go on from the last checkpoint of a run that was killed, within what is left of its budget."""

    def __post_init__(self) -> None:
        if not 0 <= self.copy_share < 1:
            raise ValueError(f"copy_share must lie between 0 and 1, not {self.copy_share}")
        if self.minutes <= 0:
            raise ValueError(f"minutes must be positive, not {self.minutes}")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of heads {self.heads}")


def _one_line(text: str, profile: str) -> str:
    return " ".join(normalise(text, profile).split())


def _rows(tokenizer, texts: list[str], length: int, pad_id: int = 0) -> np.ndarray:
    """Tokenise texts into rows of one length; the end mark is kept where a text is cut for training."""
    rows = np.full((len(texts), length), pad_id, dtype=np.uint16)
    end = tokenizer.token_to_id("</s>")
    for row, encoding in zip(rows, tokenizer.encode_batch_fast(texts, add_special_tokens=False), strict=True):
        ids = [*encoding.ids[: length - 1], end]
        row[: len(ids)] = ids
    return rows


def headline_pairs(articles: list[Article]) -> list[Article]:
    """Choose the articles whose headline can be learnt from the text.

    Args:
        articles: articles with or without headlines.

    Returns:
        Those with a headline of 4 to 16 words, at least one of whose longer words stands in the text.
    """
    chosen = []
    for article in articles:
        words = (article.title or "").split()
        if 4 <= len(words) <= 16 and any(len(word) > 3 and word in article.text for word in words):
            chosen.append(article)
    return chosen


def calibrate_summariser(folder: str | Path, root: Path, sets: list[str], articles: int) -> dict[str, float]:
    """Fit from when a trained summariser is sure enough of its headline, and store that in its config.

    Args:
        folder: the trained summariser.
        root: the data root.
        sets: folders under it with a validation split; those that are not there are left out.
        articles: articles of each at most.

    Returns:
        The figures of ``fit_sureness``; empty where there is no validation article.
    """
    rows = []
    for name in sets:
        try:
            rows += list(read_rows(find_split(root / name, "validation")))[:articles]
        except FileNotFoundError:
            continue
    if not rows:
        return {}
    return store_sureness(folder, [row["text"] for row in rows], [row["title"] for row in rows])


def store_sureness(
    folder: str | Path, texts: list[str], headlines: list[str], told: float | None = None
) -> dict[str, float]:
    """Fit from when a summariser is sure enough of its headline, and store that in its config.

    Args:
        folder: the trained summariser.
        texts: validation articles.
        headlines: theirs.
        told: the sureness that is stored instead of the one that is fitted.

    Returns:
        The figures of ``fit_sureness``.
    """
    figures = fit_sureness(Summariser.from_pretrained(folder), texts, headlines)
    path = Path(folder) / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["tasrih"]["sure_from"] = figures["sure_from"] if told is None else told
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return figures


def _first_embeddings(tokenizer, texts: list[str], config: SummariserConfig):
    """Give first token embeddings that carry the corpus's PMI."""
    import torch

    stream = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    counts = count_pairs(np.concatenate([np.array(ids, np.uint16) for ids in stream]), tokenizer.get_vocab_size())
    return torch.from_numpy(embed_by_pmi(counts, config.width, spread=1.0, seed=config.seed))


def train_summariser(config: SummariserConfig, root: Path | None = None) -> dict:
    """Train a summariser and save it as ``AutoModelForSeq2SeqLM`` opens it.

    Args:
        config: the run.
        root: the data root; None takes ``data_root()``.

    Returns:
        Losses on held-out training pairs, pairs, steps and what the guard removed.

    Raises:
        FileNotFoundError: if the corpus is not there.
        ModelError: if the base is no model's folder and no hub id.
        ValueError: if it has hardly a headline to learn from, or a run to go on from was begun with other settings.
    """
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForSeq2SeqLM, T5Config, T5ForConditionalGeneration

    begun, root, output = time.monotonic(), root or data_root(), Path(config.output)
    finished, checkpoint, log = (output / name for name in ("train_metrics.json", "checkpoint", "log.jsonl"))
    if config.resume:
        check_resumable(output, config)
        if finished.is_file():
            return json.loads(finished.read_text(encoding="utf-8"))
    if config.base:
        check_base(config.base)
    state = read_checkpoint(checkpoint) if config.resume else None
    if state is None:
        drop_checkpoint(checkpoint)
        for left in (finished, log):
            left.unlink(missing_ok=True)
        write_config(output, config)
    guard = HeldOut.from_root(root)
    kept, removed = guard.refuse(
        read_articles(root / config.corpus), lambda article: article.text, lambda article: article.id
    )
    kept.sort(key=lambda article: hashlib.sha1(article.id.encode()).digest())
    texts = [_one_line(article.text, config.profile) for article in kept]
    torch.manual_seed(config.seed)
    if config.base:
        model = AutoModelForSeq2SeqLM.from_pretrained(config.base, dtype=torch.float32)
        fast = open_auto_tokenizer(config.base)
        fast.save_pretrained(output)
        tokenizer = fast.backend_tokenizer
    else:
        if state is None:
            tokenizer = learn_seq2seq_vocabulary(texts, size=config.vocabulary, profile=config.profile)
            save_seq2seq_tokenizer(tokenizer, output)
        else:
            tokenizer = Tokenizer.from_file(str(output / "tokenizer.json"))
        shape = T5Config(
            vocab_size=tokenizer.get_vocab_size(), d_model=config.width, d_kv=config.width // config.heads,
            d_ff=config.feed_forward, num_layers=config.encoder_layers, num_decoder_layers=config.decoder_layers,
            num_heads=config.heads, dropout_rate=config.dropout, feed_forward_proj="gated-gelu",
            tie_word_embeddings=True, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
        )  # fmt: skip
        model = T5ForConditionalGeneration(shape)
        if state is None:
            with torch.no_grad():
                model.get_input_embeddings().weight.copy_(_first_embeddings(tokenizer, texts[:40000], config))

    titled = [article for article in kept if article.id.split(":")[0] in config.titled]
    pairs = headline_pairs(titled)
    sources = _rows(tokenizer, [_one_line(article.text, config.profile) for article in pairs], config.source)
    targets = _rows(tokenizer, [_one_line(article.title, config.profile) for article in pairs], config.target)
    if len(pairs) < 10:
        raise ValueError(
            f"titled {config.titled} gives {len(pairs)} headline pairs in {root / config.corpus}: "
            "ten at least are needed"
        )
    held = min(512, len(pairs) // 10)  # pairs that the held-out loss is taken on
    flat = _rows(tokenizer, texts, 160)

    random = np.random.default_rng(config.seed)

    def copy_batch() -> tuple[np.ndarray, np.ndarray]:
        """A stretch of an article, and a stretch of that to be written again; half of them its beginning."""
        size = config.batch_size * 2
        rows = flat[random.integers(0, len(flat), size)]
        start = np.where(random.random(size) < 0.5, 0, random.integers(0, 90, size))
        source = np.stack([row[at : at + config.copy_source] for row, at in zip(rows, start, strict=True)])
        length = config.target - 4
        at = np.where(random.random(size) < 0.5, 0, random.integers(0, config.copy_source - length, size))
        target = np.stack([row[at : at + length] for row, at in zip(source, at, strict=True)])
        return source, target

    def headline_batch() -> tuple[np.ndarray, np.ndarray]:
        rows = random.integers(held, len(sources), config.batch_size)
        return sources[rows], targets[rows]

    bf16 = config.bf16 and can_bf16("cpu")

    def loss_of(source, target, smoothing: float):
        labels = target.masked_fill(target == 0, -100)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = model(input_ids=source, attention_mask=(source != 0).long(), labels=labels).logits
        return torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), labels.flatten(), ignore_index=-100, label_smoothing=smoothing
        )

    forward = torch.compile(loss_of) if config.compile else loss_of
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=config.learning_rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip

    def tensors(batch):
        return [torch.from_numpy(part.astype(np.int64)) for part in batch]

    def held_out_loss() -> float:
        model.eval()
        with torch.no_grad():
            losses = [
                loss_of(*tensors((sources[at : min(at + 64, held)], targets[at : min(at + 64, held)])), 0.0).item()
                for at in range(0, held, 64)
            ]
        model.train()
        return float(np.mean(losses))

    def set_dropout(rate: float) -> None:
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = rate

    model.train()
    step, recent, stage = 0, [], None
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        random.bit_generator.state = state["order"]
        torch.set_rng_state(state["dropout"])
        step, recent = state["step"], state["losses"]
        cut_log(log, step)
    budget = Budget(config.minutes, state["used"] if state else 0.0)
    saved = budget.used
    while (spent := budget.spent()) < 1:
        copying = spent < config.copy_share
        if stage != copying:
            stage = copying
            set_dropout(0.0 if copying else config.dropout)
        rate = min(1.0, (step + 1) / config.warmup_steps) * 0.5 * (1 + math.cos(math.pi * spent))
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * rate
        batch = copy_batch() if copying else headline_batch()
        loss = forward(*tensors(batch), 0.0 if copying else config.label_smoothing)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        recent.append(loss.item())
        if step % 100 == 0:
            line = {
                "step": step,
                "stage": "copy" if copying else "headline",
                "loss": round(float(np.mean(recent)), 4),
                "spent": round(spent, 4),
            }
            if step % 500 == 0:
                line["held_out"] = round(held_out_loss(), 4)
            recent.clear()
            print(json.dumps(line), flush=True)
            with open(log, "a", encoding="utf-8") as lines:
                lines.write(json.dumps(line) + "\n")
        if budget.used - saved > config.save_minutes * 60:
            saved = budget.used
            save_checkpoint(checkpoint, model.save_pretrained, {
                "model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "losses": recent,
                "order": random.bit_generator.state, "dropout": torch.get_rng_state(), "used": budget.used,
            })  # fmt: skip
    model.config.tasrih = {
        "task": "summary", "profile": config.profile, "max_source": config.source, "styles": ["headline"],
    }  # fmt: skip
    model.save_pretrained(output)
    result = {
        "validation": calibrate_summariser(output, root, config.validation, config.validation_articles),
        "held_out_loss": round(held_out_loss(), 4), "pairs": len(pairs) - held, "steps": step,
        "removed_by_guard": removed, "minutes": round(budget.used / 60, 2),
    }  # fmt: skip
    data = [{"name": config.corpus, "rows": len(kept), "sha256": fingerprint_rows(kept), "removed_by_guard": removed}]
    write_provenance(output, seeds=[config.seed], data=data, begun=begun, resumed=state is not None)
    write_whole(finished, json.dumps(result, indent=1))
    drop_checkpoint(checkpoint)
    return result
