"""Fitting the extractive headline: which run of an article's words is most like the headline that it was given.

Every window of an article is scored by a linear sum of its features, and the softmax of the scores is brought near the
softmax of what each window reaches against the headline (ROUGE): a listwise ranking loss, convex, without torch.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from tasrih.data.corpus import Article, data_root, find_split, read_rows
from tasrih.data.guard import HeldOut
from tasrih.data.labelled_source import fingerprint_rows
from tasrih.evaluation.rouge import rouge
from tasrih.models.extractive import article_windows
from tasrih.models.headline import cut_words
from tasrih.models.headline_weights import HeadlineWeights, best_window, stored_weights
from tasrih.text.sentences import sentences
from tasrih.training.feature_table import FeatureTable
from tasrih.training.grading import fit_grades, mean_worth, read_graded
from tasrih.training.provenance import git_commit, versions, write_whole
from tasrih.training.summarisation import headline_pairs

#: A conjunction written together with a number: such words tell nothing of headlines, and are not kept.
_NUMBERED = re.compile(r"و\d")
#: Mean worth on held-out graded articles that two weights of the grades may differ by and still count alike.
_NEAR = 0.02
#: Weights nearer to 0 are not kept: without them one headline in fifty is another, none the better or worse for it.
_LEAST_WEIGHT = 0.025


@dataclass(frozen=True)
class ExtractiveConfig:
    """What one fit of the extractive headline needs."""

    output: str
    """File for the weights (JSON); figures and settings are put beside it."""
    corpus: str = "corpus"
    """Folder of articles under the data root."""
    titled: list[str] = field(default_factory=lambda: ["ant", "saudinewsnet"])
    """Files of that folder whose headlines are learnt."""
    articles: int = 2500
    """Articles of each at most."""
    validation: list[str] = field(default_factory=lambda: ["summarisation/ant", "summarisation/saudinewsnet_headlines"])
    """Sets whose validation articles the penalty and the temperature are chosen on."""
    max_words: int = 14
    """Words of a window at most."""
    least: int = 25
    """Articles that must show a feature for it to be learnt."""
    open_rate: float = 0.02
    """A word that is followed by a pause less often than this is never a headline's last."""
    open_least: int = 60
    """Times that a word must be seen for that."""
    graded: str | None = None
    """File of windows that readers graded (``training/grading.py``): what is whole is learnt from them, beside what a
    headline is about; None leaves that out."""
    graded_least: int = 4
    """Graded windows that must show a feature for it to be learnt."""
    graded_shares: list[float] = field(default_factory=lambda: [0.0, 0.5, 1.0, 2.0])
    """Weights of the grades' score beside the headlines' that are tried, on a fifth of the graded articles."""
    temperatures: list[float] = field(default_factory=lambda: [0.06])
    """Of the softmax over what windows reach: low ones look at the best window alone."""
    penalties: list[float] = field(default_factory=lambda: [3.0, 6.0])
    """Of the squared weights, an article's mean loss being 1 part of the number of articles."""

    def __post_init__(self) -> None:
        for name in ("articles", "max_words", "least", "open_rate", "open_least"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        for name in ("titled", "temperatures", "penalties"):
            values = getattr(self, name)
            if not values or any(not isinstance(value, str) and value <= 0 for value in values):
                raise ValueError(f"{name} must hold positive values, not {values}")


def read_titled(config: ExtractiveConfig, root: Path) -> tuple[list[Article], int]:
    """Read the articles that the fit may learn from.

    Args:
        config: the fit.
        root: the data root.

    Returns:
        The articles, at most so many of each file, and how many the guard took out.
    """
    guard = HeldOut.from_root(root)
    chosen, removed = [], 0
    for name in config.titled:
        path = find_split(root / config.corpus, name)
        rows = (Article(row["id"], row["text"], row.get("title")) for row in read_rows(path) if row.get("title"))
        pairs = sorted(headline_pairs(list(rows)), key=lambda one: hashlib.sha1(one.id.encode()).digest())
        kept, out = guard.refuse(pairs, lambda one: one.text, lambda one: one.id)
        chosen += kept[: config.articles]
        removed += out
    return chosen, removed


def find_open_words(texts: Sequence[str], *, least: int, rate: float) -> frozenset[str]:
    """Find the words after which a clause hardly ever ends, such as constructs' first nouns and prepositions.

    Args:
        texts: articles.
        least: times that a word must be seen.
        rate: the share of those at which a pause, a stop or the sentence's end follows.

    Returns:
        The folded words under that share.
    """
    seen: Counter[str] = Counter()
    paused: Counter[str] = Counter()
    for text in texts:
        for sentence in sentences(text):
            pieces = cut_words(text, sentence.start, sentence.end)
            for at, (word, broken) in enumerate(pieces):
                seen[word] += 1
                paused[word] += broken or at == len(pieces) - 1
    return frozenset(word for word, count in seen.items() if count >= least and paused[word] < rate * count)


def reach(made: str, title: str) -> float:
    """Give what a headline reaches against the one that was printed: the mean of ROUGE-1, -2 and -L."""
    return sum(rouge(made, title).values()) / 3


def fit_listwise(matrix, rewards: np.ndarray, bounds: Sequence[int], *, temperature: float, penalty: float):
    """Fit weights under which each article's windows rank as their rewards do.

    Args:
        matrix: features, shape (windows, features).
        rewards: of each window.
        bounds: where each article's windows begin, and the end.
        temperature: of the softmax over the rewards.
        penalty: of the squared weights.

    Returns:
        The weights, shape (features,).

    Source:
        Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach" (ListNet), ICML 2007.
    """
    from scipy.optimize import minimize

    starts, counts = np.array(bounds[:-1]), np.diff(bounds)

    def softmax(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tops = np.repeat(np.maximum.reduceat(scores, starts), counts)
        powers = np.exp(scores - tops)
        sums = np.repeat(np.add.reduceat(powers, starts), counts)
        return powers / sums, scores - tops - np.log(sums)

    wanted, _ = softmax(rewards / temperature)
    transposed = matrix.T.tocsr()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        given, logs = softmax(matrix @ weights)
        gradient = transposed @ (given - wanted)
        return -float(wanted @ logs) + penalty / 2 * float(weights @ weights), gradient + penalty * weights

    return minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 120}).x


def mean_rouge(made: Sequence[str], titles: Sequence[str]) -> dict[str, float]:
    """Give the mean ROUGE of headlines."""
    scores = [rouge(*pair) for pair in zip(made, titles, strict=True)]
    return {name: float(np.mean([one[name] for one in scores])) for name in scores[0]}


def _add_grades(config: ExtractiveConfig, root: Path, weights: HeadlineWeights) -> tuple[HeadlineWeights, dict]:
    """Add the grades' score to the headlines', with the least weight that serves held-out graded articles well."""
    graded = read_graded(config.graded, root, open_words=weights.open_words, max_words=config.max_words)
    held = [article for article in graded if article.held_out]
    rest = [article for article in graded if not article.held_out]

    def together(grades: dict[str, float], share: float) -> dict[str, float]:
        names = {*weights.weights, *grades}
        return {name: round(weights.weights.get(name, 0.0) + share * grades.get(name, 0.0), 4) for name in names}

    grades = fit_grades(rest, least=config.graded_least)
    worth = {share: mean_worth(held, together(grades, share)) for share in config.graded_shares}
    # no more of it than it needs: what a headline is about is the other part's to say
    share = min(share for share, value in worth.items() if value >= max(worth.values()) - _NEAR)
    figures = {"graded": {
        "articles": len(graded), "windows": sum(len(article.windows) for article in graded), "held_out": len(held),
        "share": share, "mean_worth_by_share": {str(each): round(value, 4) for each, value in worth.items()},
    }}  # fmt: skip
    print(json.dumps(figures), flush=True)
    return HeadlineWeights(together(fit_grades(graded, least=config.graded_least), share), weights.open_words), figures


def fit_extractive(config: ExtractiveConfig, root: Path | None = None) -> dict:
    """Fit the weights of the extractive headline and store them.

    Args:
        config: the fit.
        root: the data root; None takes ``data_root()``.

    Returns:
        ROUGE on each validation set, beside that of the first words, the choice made, what was read, and by what code.

    Raises:
        FileNotFoundError: if the corpus or a validation split is not there.
        ValueError: if there is hardly a headline to learn from.
    """
    root = root or data_root()
    articles, removed = read_titled(config, root)
    if len(articles) < 10:
        raise ValueError(f"titled {config.titled} gives {len(articles)} headline pairs in {root / config.corpus}: "
                         "ten at least are needed")  # fmt: skip
    open_words = find_open_words(
        [article.text for article in articles], least=config.open_least, rate=config.open_rate
    )
    table, reached, bounds = FeatureTable(), array("d"), [0]
    for article in articles:
        if found := article_windows(article.text, open_words=open_words, max_words=config.max_words):
            table.add(found)
            reached.extend(reach(window.read(article.text), article.title) for window in found)
            bounds.append(len(reached))
    matrix, names = table.matrix(config.least)
    rewards = np.array(reached)

    held = {name: list(read_rows(find_split(root / name, "validation"))) for name in config.validation}
    cut = {
        name: [article_windows(row["text"], open_words=open_words, max_words=config.max_words) for row in rows]
        for name, rows in held.items()
    }

    def scored(weights: HeadlineWeights) -> dict[str, dict[str, float]]:
        found = {}
        for name, rows in held.items():
            best = [best_window(windows, weights.weights) for windows in cut[name]]
            made = [
                window.read(row["text"]) if window else ""
                for row, window in zip(rows, best, strict=True)
            ]
            found[name] = mean_rouge(made, [row["title"] for row in rows])
        return found

    def quality(figures: dict[str, dict[str, float]]) -> float:
        return float(np.mean([scores["rouge_l"] for scores in figures.values()]))

    tried, best, weights = [], -math.inf, None
    for temperature in config.temperatures:
        for penalty in config.penalties:
            values = fit_listwise(matrix, rewards, bounds, temperature=temperature, penalty=penalty)
            made = HeadlineWeights(
                {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}, open_words
            )
            figures = scored(made)
            tried.append({"temperature": temperature, "penalty": penalty, "rouge_l": round(quality(figures), 5)})
            print(json.dumps(tried[-1]), flush=True)
            if quality(figures) > best:
                best, weights, result = quality(figures), made, figures
    first = {
        name: mean_rouge([" ".join(row["text"].split()[: config.max_words]) for row in rows],
                         [row["title"] for row in rows])
        for name, rows in held.items()
    }  # fmt: skip
    grading = {}
    if config.graded:
        weights, grading = _add_grades(config, root, weights)
        result = scored(weights)
    output = Path(config.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        name: round(value, 3) for name, value in weights.weights.items()
        if abs(value) >= _LEAST_WEIGHT and not _NUMBERED.search(name)
    }  # fmt: skip
    write_whole(output, stored_weights(kept, (word for word in open_words if not _NUMBERED.search(word))))
    done = {
        "validation": result, "first_words": first, "tried": tried, **grading, "articles": len(bounds) - 1,
        "windows": len(rewards), "features": len(kept), "removed_by_guard": removed,
        "data": fingerprint_rows(articles), "config": asdict(config), "versions": versions(),
        "git_commit": git_commit(),
    }  # fmt: skip
    write_whole(output.with_suffix(".training.json"), json.dumps(done, ensure_ascii=False, indent=1))
    return done
