"""Learning a WordPiece vocabulary from a corpus, spelling normalised by a named profile first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tasrih.text.normalise import normalise

#: Ids of the special tokens, the same in every bundled model.
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def learn_vocabulary(texts: Iterable[str], *, size: int, profile: str, min_frequency: int = 5):
    """Learn a WordPiece tokenizer whose pieces never cross white space or punctuation.

    Hamza and case are left alone (``lowercase=False, strip_accents=False``): what is folded is
    decided by the profile, which is applied here and must be applied before every use.

    Args:
        texts: the texts to learn from.
        size: number of pieces, special tokens included.
        profile: the normalisation profile (see ``tasrih.text.normalise``).
        min_frequency: pieces seen less often are not made.

    Returns:
        A ``tokenizers.Tokenizer`` that writes ``[CLS] a [SEP]`` and ``[CLS] a [SEP] b [SEP]``.

    Example:
        >>> tokenizer = learn_vocabulary(["قال الوزير"] * 9, size=40, profile="encoder")
        >>> tokenizer.encode("قال").tokens[0]
        '[CLS]'
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=False)]
    )
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL_TOKENS),
        limit_alphabet=400,
        continuing_subword_prefix="##",
    )
    tokenizer.train_from_iterator((normalise(text, profile) for text in texts), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))],
    )
    return tokenizer


def save_tokenizer(tokenizer, folder: str | Path) -> None:
    """Save a tokenizer so that both ``tokenizers`` and ``AutoTokenizer`` open it.

    Args:
        tokenizer: the ``tokenizers.Tokenizer``.
        folder: where ``tokenizer.json`` and ``tokenizer_config.json`` go.
    """
    from transformers import PreTrainedTokenizerFast

    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL_TOKENS, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=["input_ids", "attention_mask"], **names
    ).save_pretrained(folder)


#: Ids of the summariser's special tokens, as in T5.
SEQ2SEQ_TOKENS = ("<pad>", "</s>", "<unk>")


def learn_seq2seq_vocabulary(texts: Iterable[str], *, size: int, profile: str, min_frequency: int = 5):
    """Learn a byte-pair tokenizer that keeps white space, so that what a model writes decodes as it stands.

    Args:
        texts: the texts to learn from.
        size: number of pieces, special tokens included.
        profile: the normalisation profile, applied here and before every use.
        min_frequency: pieces seen less often are not made.

    Returns:
        A ``tokenizers.Tokenizer`` that closes a text with ``</s>``.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
            pre_tokenizers.Split(Regex(r"▁?[^\w▁\s]|▁?\d+"), behavior="isolated"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=min_frequency, special_tokens=list(SEQ2SEQ_TOKENS), limit_alphabet=400,
        max_token_length=20,
    )  # fmt: skip
    tokenizer.train_from_iterator((" ".join(normalise(text, profile).split()) for text in texts), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    return tokenizer


def save_seq2seq_tokenizer(tokenizer, folder: str | Path) -> None:
    """Save the summariser's tokenizer so that both ``tokenizers`` and ``AutoTokenizer`` open it.

    Args:
        tokenizer: the ``tokenizers.Tokenizer``.
        folder: where ``tokenizer.json`` and ``tokenizer_config.json`` go.
    """
    from transformers import PreTrainedTokenizerFast

    names = dict(zip(("pad_token", "eos_token", "unk_token"), SEQ2SEQ_TOKENS, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=["input_ids", "attention_mask"], **names
    ).save_pretrained(folder)
