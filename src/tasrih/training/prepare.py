"""From corpora to what pretraining reads: a tokenizer, token shards and first embeddings."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root, read_articles
from tasrih.data.guard import HeldOut
from tasrih.data.labelled_source import fingerprint_rows
from tasrih.training.embeddings import count_pairs, embed_by_pmi
from tasrih.training.provenance import write_provenance
from tasrih.training.refolding import refold_tokenizer
from tasrih.training.shards import tokenise_texts
from tasrih.training.tokenizer import learn_vocabulary, save_tokenizer


@dataclass(frozen=True)
class PrepareConfig:
    """What is made of the corpora."""

    output: str
    """Folder for the tokenizer, one ``NAME.npy`` a corpus, ``embeddings.npy``, and ``pieces.npy`` of a folded one."""
    corpora: list[str] = field(default_factory=lambda: ["corpus", "corpus_general"])
    """Folders under the data root; the first one teaches the tokenizer and the embeddings."""
    tokenizer: str | None = None
    """Folder of a tokenizer to keep, for an encoder that goes on; it is folded where the profile folds more than it was
    learnt under. None learns one, which is not the same twice: pieces of equal count come in any order."""
    vocabulary: int = 16384
    """Pieces of a learnt tokenizer."""
    profile: str = "news"
    """Normalisation profile."""
    width: int | None = 256
    """Dimensions of the first embeddings; None makes none."""
    free: list[str] = field(default_factory=lambda: ["topic/", "topic_unlicensed/"])
    """Held-out sets whose bare text may be read all the same (said in the card)."""
    seed: int = 1
    """Of the factorisation."""

    def __post_init__(self) -> None:
        if not self.corpora:
            raise ValueError("corpora must name at least one folder")
        if not 100 <= self.vocabulary <= 1 << 16:
            raise ValueError(f"vocabulary must lie between 100 and 65536 (shards are uint16), not {self.vocabulary}")


def prepare(config: PrepareConfig, root: Path | None = None) -> dict:
    """Learn the tokenizer, write the shards and factorise the embeddings, and store what they were made of beside them.

    Args:
        config: what to make.
        root: the data root; None takes ``data_root()``.

    Returns:
        Articles, tokens and articles removed by the held-out guard, for each corpus.

    Raises:
        FileNotFoundError: if the data root is not there.
    """
    from tokenizers import Tokenizer

    begun, root, output = time.monotonic(), root or data_root(), Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    guard = HeldOut.from_root(root, but=config.free)
    tokenizer, report, data = None, {}, []
    for name in config.corpora:
        kept, removed = guard.refuse(
            read_articles(root / name), lambda article: article.text, lambda article: article.id
        )
        # in an order that mixes the files, so that the held-out end of the shard is like the rest
        kept.sort(key=lambda article: hashlib.sha1(article.id.encode()).digest())
        texts = [f"{article.title}\n{article.text}" if article.title else article.text for article in kept]
        first = tokenizer is None
        if first:
            if config.tokenizer:
                known = Tokenizer.from_file(str(Path(config.tokenizer) / "tokenizer.json"))
                known.no_truncation()
                tokenizer, pieces = refold_tokenizer(known, config.profile)
                np.save(output / "pieces.npy", pieces)
            else:
                tokenizer = learn_vocabulary(texts, size=config.vocabulary, profile=config.profile)
            save_tokenizer(tokenizer, output)
        tokens = tokenise_texts(texts, tokenizer, profile=config.profile)
        shard = output / f"{name}.npy"
        shard.parent.mkdir(parents=True, exist_ok=True)
        np.save(shard, tokens)
        report[name] = {"articles": len(kept), "tokens": len(tokens), "removed_by_guard": removed}
        data.append({"name": name, "rows": len(kept), "sha256": fingerprint_rows(kept), "removed_by_guard": removed})
        print(name, report[name], flush=True)
        if first and config.width:
            counts = count_pairs(tokens, tokenizer.get_vocab_size())
            np.save(output / "embeddings.npy", embed_by_pmi(counts, config.width, spread=0.02, seed=config.seed))
    (output / "prepare.json").write_text(json.dumps({**asdict(config), "report": report}, indent=1))
    write_provenance(output, seeds=[config.seed], data=data, begun=begun, resumed=False)
    return report
