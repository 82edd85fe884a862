"""Training the headline's ranker: what readers found whole, and what newspapers printed.

The blocks above an inner layer of the fine-tuned statement model learn two scores of every window: how likely a reader
finds it printable (a logistic loss over graded windows), and how like the printed headline it is among all windows of
its article (the listwise loss of ``training.extracting``).
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from tasrih.data.corpus import Article, data_root
from tasrih.data.labelled_source import fingerprint_rows
from tasrih.models.encoding import TextEncoder, TokenWindow
from tasrih.models.extractive import article_windows
from tasrih.models.headline_ranker import RankerSettings, place_windows
from tasrih.models.headline_weights import HeadlineWeights, bundled_weights, linear_score
from tasrih.text.sentences import sentences
from tasrih.training.bases import base_profile, open_tokenizer
from tasrih.training.extracting import ExtractiveConfig, reach, read_titled
from tasrih.training.grading import GRADES, GradedArticle, read_graded, window_key
from tasrih.training.precision import can_bf16
from tasrih.training.provenance import write_config, write_provenance, write_whole
from tasrih.training.ranker_module import lower_part, make_ranker


@dataclass(frozen=True)
class RankerConfig:
    """What one training of the ranker needs."""

    output: str
    """Folder for the weights."""
    base: str = "runs/statement-finish"
    """The fine-tuned statement model, whose last blocks are gone on from; the exported statement model must be of the
    same encoder."""
    graded: str = "configs/labels/headlines.jsonl"
    """Windows that readers graded."""
    articles: int = 2500
    """Titled articles beside the graded ones."""
    max_words: int = 14
    """Words of a window at most."""
    epochs: float = 2
    """Passes over the articles."""
    batch_size: int = 12
    """Articles a step."""
    learning_rate: float = 4e-4
    """Of the blocks."""
    head_learning_rate: float = 1e-3
    """Of the head, which begins anew."""
    warmup_steps: int = 60
    """Steps until the full learning rate, from which it falls linearly, to a few per cent at the end."""
    weight_decay: float = 0.01
    """Of AdamW."""
    grade_weight: float = 2.0
    """Weight of the graded windows' loss beside the listwise one."""
    temperature: float = 0.06
    """Of the softmax over what windows reach against the headline."""
    max_length: int = 128
    """Tokens of a sentence that are read."""
    seed: int = 1
    """Of the order, the head and the dropout."""
    titled: list[str] = field(default_factory=lambda: ["ant", "saudinewsnet"])
    """Files of the corpus whose headlines are learnt."""

    def __post_init__(self) -> None:
        for name in ("max_words", "epochs", "batch_size", "learning_rate", "head_learning_rate", "temperature"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True)
class _Example:
    """An article as the ranker reads it; a grade below 0 stands for none."""

    read: list[TokenWindow]
    placed: np.ndarray
    reached: np.ndarray
    grades: np.ndarray
    linear: np.ndarray


def train_ranker(config: RankerConfig, root: Path | None = None) -> dict:
    """Train the ranker and save it with its encoder's config.

    Args:
        config: the run.
        root: the data root; None takes ``data_root()``.

    Returns:
        On held-out graded articles: the area under the curve for printable windows, the mean worth of the window
        chosen and the share of broken ones, with the linear score, the ranker's, and both, where there are printable
        windows and others; articles and steps.

    Raises:
        FileNotFoundError: if the corpus, the grades or the base are not there.
        ModelError: if the base is no model.
        ValueError: if nothing was graded.
    """
    import torch
    from safetensors.torch import save_model
    from transformers import AutoModel

    begun, root, output = time.monotonic(), root or data_root(), Path(config.output)
    write_config(output, config)
    torch.manual_seed(config.seed)
    tokenizer = open_tokenizer(config.base)
    reader = TextEncoder(
        tokenizer.backend_tokenizer, profile=base_profile(config.base, tokenizer), max_length=config.max_length,
        pad_id=tokenizer.pad_token_id,
    )  # fmt: skip
    encoder = AutoModel.from_pretrained(config.base, dtype=torch.float32)
    encoder.requires_grad_(False)
    examples, held, articles = _examples(config, root, reader)
    lower, ranker = lower_part(encoder).eval(), make_ranker(encoder)
    ranker.requires_grad_(True)
    blocks = list(ranker.blocks.parameters())
    of_blocks = {id(parameter) for parameter in blocks}
    head = [parameter for parameter in ranker.parameters() if id(parameter) not in of_blocks]
    rates = (config.learning_rate, config.head_learning_rate)
    optimizer = torch.optim.AdamW(
        [{"params": part} for part in (blocks, head)], lr=0.0, weight_decay=config.weight_decay
    )  # fmt: skip

    bf16 = can_bf16("cpu")

    def scores_of(batch: Sequence[_Example]):
        inputs = {name: torch.from_numpy(value) for name, value in _stack(batch, reader).items()}
        windows = inputs.pop("windows")
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            with torch.no_grad():
                states = lower(**inputs).last_hidden_state
            return ranker(states, inputs["attention_mask"], windows).float()

    dice, order, losses = random.Random(config.seed), [], []
    steps = max(int(config.epochs * len(examples) / config.batch_size), 1)
    ranker.train()
    for step in range(steps):
        if len(order) < config.batch_size:
            order += dice.sample(examples, len(examples))
        batch, order = order[: config.batch_size], order[config.batch_size :]
        share = min(1.0, (step + 1) / max(config.warmup_steps, 1)) * (1 - max(step - config.warmup_steps, 0) / steps)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * share
        loss = _loss(scores_of(batch), batch, config)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(ranker.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % 100 == 99:
            line = {"step": step + 1, "of": steps, "loss": round(float(np.mean(losses[-100:])), 4)}
            print(json.dumps(line), flush=True)
    ranker.eval()
    save_model(ranker, str(output / "ranker.safetensors"))
    with torch.no_grad():
        found = [scores_of([example]).numpy() for example in held]
    encoder.config.tasrih = asdict(fit_sureness(held, found))
    encoder.config.save_pretrained(output)
    result = {
        "held_out": _figures(held, found), "articles": len(examples), "held_out_articles": len(held), "steps": steps,
    }  # fmt: skip
    data = [{"name": "corpus", "rows": len(articles), "sha256": fingerprint_rows(articles)}]
    write_provenance(output, seeds=[config.seed], data=data, begun=begun, resumed=False)
    write_whole(output / "train_metrics.json", json.dumps(result, indent=1))
    return result


def _examples(
    config: RankerConfig, root: Path, reader: TextEncoder
) -> tuple[list[_Example], list[_Example], list[Article]]:
    """Give the articles to learn from, those held out, and all of them as they were read."""
    weights = bundled_weights()
    graded = {
        article.id: article
        for article in read_graded(config.graded, root, open_words=weights.open_words, max_words=config.max_words)
    }
    titled, _ = read_titled(ExtractiveConfig(config.output, titled=config.titled, articles=10**9), root)
    others = [article for article in titled if article.id not in graded]
    random.Random(config.seed).shuffle(others)
    chosen = [article for article in titled if article.id in graded] + others[: config.articles]
    learnt, held = [], []
    for article in chosen:
        example = _example(article, graded.get(article.id), weights, config, reader)
        if example is not None:
            own = graded.get(article.id)
            (held if own is not None and own.held_out else learnt).append(example)
    if not any((example.grades >= 0).any() for example in learnt):
        raise ValueError(f"{config.graded} grades no window of an article with a headline: there is nothing to learn")
    return learnt, held, chosen


def _example(
    article: Article, graded: GradedArticle | None, weights: HeadlineWeights, config: RankerConfig,
    reader: TextEncoder,
) -> _Example | None:  # fmt: skip
    parts = sentences(article.text)
    windows = article_windows(
        article.text, open_words=weights.open_words, max_words=config.max_words, within=parts
    )
    numbers = sorted({window.sentence for window in windows})
    read = [found[0] for found in reader.windows([parts[number].text for number in numbers])] if numbers else []
    kept, placed = place_windows(windows, parts, dict(zip(numbers, read, strict=True)))
    if len(kept) < 2:
        return None
    own, worth = [windows[at] for at in kept], {}
    if graded is not None:
        worth = {window_key(one): GRADES[grade] for one, grade in zip(graded.windows, graded.grades, strict=True)}
    return _Example(
        read, placed, np.array([reach(window.read(article.text), article.title) for window in own], np.float32),
        np.array([worth.get(window_key(window), -1) for window in own], np.float32),
        np.array([linear_score(window, weights.weights) for window in own]),
    )  # fmt: skip


def _stack(batch: Sequence[_Example], reader: TextEncoder) -> dict[str, np.ndarray]:
    """Put articles into one batch, the rows of their windows moved on."""
    rows = np.cumsum([0, *(len(example.read) for example in batch)])
    windows = np.concatenate([example.placed for example in batch])
    windows[:, 0] += np.repeat(rows[:-1], [len(example.placed) for example in batch])
    padded = reader.pad([tokens for example in batch for tokens in example.read])
    return {"input_ids": padded["input_ids"], "attention_mask": padded["attention_mask"], "windows": windows}


def _loss(scores, batch: Sequence[_Example], config: RankerConfig):
    import torch

    likeness = []
    for example, own in zip(batch, scores.split([len(example.placed) for example in batch]), strict=True):
        wanted = torch.softmax(torch.from_numpy(example.reached) / config.temperature, 0)
        likeness.append(-(wanted * torch.log_softmax(own[:, 0], 0)).sum())
    loss = torch.stack(likeness).mean()
    grades = torch.from_numpy(np.concatenate([example.grades for example in batch]))
    there = grades >= 0
    if there.any():
        whole = torch.nn.functional.binary_cross_entropy_with_logits(scores[there, 1], grades[there])
        loss = loss + config.grade_weight * whole
    return loss


def fit_sureness(held: Sequence[_Example], found: Sequence[np.ndarray]) -> RankerSettings:
    """Fit how sure the ranker may be of what it chooses among the graded windows of held-out articles.

    Args:
        held: articles that it has not learnt from.
        found: its two scores of their windows, each of shape (windows, 2).

    Returns:
        Settings whose probability that the window chosen is whole and true is calibrated; the plain ones where that
        cannot be told.

    Source:
        Platt, "Probabilistic Outputs for Support Vector Machines", 1999.
    """
    from sklearn.linear_model import LogisticRegression

    chosen = []
    for example, scores in zip(held, found, strict=True):
        graded = np.flatnonzero(example.grades >= 0)
        if len(graded):
            best = graded[(example.linear + scores.sum(1))[graded].argmax()]
            chosen.append((scores[best, 1], example.grades[best] > 0))
    odds, whole = np.array(chosen).T.reshape(2, -1)
    if len(set(whole)) < 2:
        return RankerSettings()
    fitted = LogisticRegression(C=1e6).fit(odds[:, None], whole)
    return RankerSettings(sure_scale=float(fitted.coef_[0, 0]), sure_shift=float(fitted.intercept_[0]))


def _figures(held: Sequence[_Example], found: Sequence[np.ndarray]) -> dict[str, dict[str, float]]:
    """Score the graded windows of held-out articles; the linear score has seen them, so it stands too high."""
    given = {
        "linear": [example.linear for example in held],
        "ranker": [scores.sum(1) for scores in found],
        "both": [example.linear + scores.sum(1) for example, scores in zip(held, found, strict=True)],
    }
    from sklearn.metrics import roc_auc_score

    figures: dict[str, dict[str, float]] = {}
    if len({grade == 1 for example in held for grade in example.grades[example.grades >= 0]}) < 2:
        return figures
    for name, scores in given.items():
        graded = [
            (own[example.grades >= 0], example.grades[example.grades >= 0])
            for example, own in zip(held, scores, strict=True) if (example.grades >= 0).any()
        ]  # fmt: skip
        chosen = [grades[own.argmax()] for own, grades in graded]
        values, grades = (np.concatenate(part) for part in zip(*graded, strict=True))
        figures[name] = {
            "auc_printable": round(float(roc_auc_score(grades == 1, values)), 4),
            "worth": round(float(np.mean(chosen)), 4),
            "broken": round(float(np.mean(np.array(chosen) == 0)), 4),
        }
    return figures
