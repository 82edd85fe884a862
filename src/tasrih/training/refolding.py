"""Going on under a profile that folds more: pieces of a vocabulary that now read alike become one.

An encoder that was pretrained on less folded text keeps what it knows: WordPiece matches the longest piece it has, so
that most words stay in the pieces they had, and a piece that stands for several begins as their mean.
"""

from __future__ import annotations

import json

import numpy as np

from tasrih.text.normalise import normalise


def refold_tokenizer(tokenizer, profile: str):
    """Fold the pieces of a WordPiece vocabulary.

    Args:
        tokenizer: a ``tokenizers.Tokenizer`` with a WordPiece model.
        profile: the profile that texts are to be read under.

    Returns:
        ``(tokenizer, pieces)``: the tokenizer of the folded vocabulary, in the order in which its pieces are first
        met, special tokens in their places; and an ``int32`` array of shape (old vocabulary,), the new id of each old
        piece, -1 for one of which nothing is left. Where the profile folds nothing more, the vocabulary is as it was.

    Raises:
        ValueError: if the tokenizer is of another kind.
    """
    described = json.loads(tokenizer.to_str())
    if described["model"]["type"] != "WordPiece":
        raise ValueError(f"only a WordPiece vocabulary can be folded, not {described['model']['type']}")
    prefix = described["model"]["continuing_subword_prefix"]
    special = {token["content"] for token in described["added_tokens"]}
    old = sorted(tokenizer.get_vocab().items(), key=lambda pair: pair[1])
    pieces = np.full(len(old), -1, dtype=np.int32)
    vocabulary: dict[str, int] = {}
    for piece, index in old:
        folded = piece if piece in special else _folded(piece, prefix, profile)
        if folded:
            pieces[index] = vocabulary.setdefault(folded, len(vocabulary))
    described["model"]["vocab"] = vocabulary
    for token in described["added_tokens"]:
        token["id"] = vocabulary[token["content"]]
    for token in described["post_processor"]["special_tokens"].values():
        token["ids"] = [vocabulary[name] for name in token["tokens"]]
    return type(tokenizer).from_str(json.dumps(described)), pieces


def _folded(piece: str, prefix: str, profile: str) -> str:
    inner = piece.removeprefix(prefix)
    folded = normalise(inner, profile)
    return (prefix if inner != piece else "") + folded if folded else ""


def refold_embeddings(model, pieces: np.ndarray) -> None:
    """Give a masked language model the vocabulary that its own was folded to, in place.

    A new piece's row is the mean of the rows of those it stands for, each weighing as often as the model expects it:
    the bias of the output layer is the logarithm of that, but for a constant.

    Args:
        model: a ``ModernBertForMaskedLM`` of the old vocabulary, its embeddings tied to its output layer.
        pieces: the new id of each old piece, as ``refold_tokenizer`` gives them.

    Raises:
        ValueError: if the pieces are not those of the model's vocabulary.
    """
    import torch

    old, bias = model.get_input_embeddings().weight.detach(), model.decoder.bias.detach()
    if len(pieces) != len(old):
        raise ValueError(f"pieces name the places of {len(pieces)} pieces, the base has {len(old)}")
    kept = torch.from_numpy((pieces >= 0).nonzero()[0])
    places, size = torch.from_numpy(pieces[pieces >= 0].astype(np.int64)), int(pieces.max()) + 1
    share = (bias[kept] - bias.max()).double().exp()
    mass = torch.zeros(size, dtype=torch.double).index_add_(0, places, share)
    rows = torch.zeros(size, old.shape[1], dtype=torch.double)
    rows.index_add_(0, places, share[:, None] * old[kept].double())
    model.resize_token_embeddings(size, mean_resizing=False)
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(rows / mass[:, None])
        model.decoder.bias.copy_(mass.log() + bias.max())
    model.tie_weights()
