"""When a headline writer is to be trusted: fitted on validation articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasrih.evaluation.rouge import rouge
from tasrih.models.summariser import Summariser
from tasrih.models.summary_settings import STYLES, Asked


def fit_sureness(summariser: Summariser, texts: Sequence[str], headlines: Sequence[str]) -> dict[str, float]:
    """Find the sureness from which the written headline serves better than the extractive one.

    Args:
        summariser: the summariser.
        texts: validation articles.
        headlines: their headlines.

    Returns:
        ``sure_from`` (the highest ROUGE-L over the articles), the mean ROUGE-L of the written, the extractive and the
        chosen headlines, and the share of the written ones that are chosen.
    """
    limit = STYLES["headline"]
    written = summariser.write_all([Asked(text, limit) for text in texts])
    extracted = [summary.text for summary in summariser.summarise_all(texts, method="extractive")]
    sureness = np.array([sure for _, sure in written])
    ours = np.array([rouge(text, title)["rouge_l"] for (text, _), title in zip(written, headlines, strict=True)])
    theirs = np.array([rouge(text, title)["rouge_l"] for text, title in zip(extracted, headlines, strict=True)])
    finite = sureness[np.isfinite(sureness)]
    cuts = [*np.quantile(finite, np.linspace(0, 1, 21)), 0.0] if len(finite) else [0.0]
    best = max(cuts, key=lambda cut: np.where(sureness >= cut, ours, theirs).mean())
    return {
        "sure_from": float(best),
        "rouge_l_written": float(ours.mean()),
        "rouge_l_extractive": float(theirs.mean()),
        "rouge_l_chosen": float(np.where(sureness >= best, ours, theirs).mean()),
        "written_share": float((sureness >= best).mean()),
    }
