"""Tiny checkpoints of the classes that users fine-tune, with tokenizers learnt from the tiny world."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest


def _texts(world) -> list[str]:
    rows = (world.root / "statements" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(row)["text"] for row in rows]


def _unigram(texts: list[str], special: list[str], size: int = 220) -> list[tuple[str, float]]:
    """Learn SentencePiece's kind of vocabulary: pieces with their log-probabilities, special tokens first."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=special, unk_token="<unk>", show_progress=False, max_piece_length=8
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = json.loads(tokenizer.to_str())["model"]["vocab"]
    return [(piece, score) for piece, score in vocabulary]


@pytest.fixture(scope="session")
def bert(world, tmp_path_factory) -> Path:
    """A ``BertForMaskedLM`` with a WordPiece vocabulary of unfolded text, without dropout."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizer

    from tasrih.training.tokenizer import learn_vocabulary

    folder = tmp_path_factory.mktemp("bert")
    vocabulary = learn_vocabulary(_texts(world), size=300, profile="lossless").get_vocab()
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=64, pad_token_id=0,
    )  # fmt: skip
    BertForMaskedLM(shape).save_pretrained(folder)
    BertTokenizer(vocab=vocabulary, do_lower_case=False, strip_accents=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def fairseq(world, tmp_path_factory):
    """Make a checkpoint of a class with a Unigram vocabulary whose special tokens stand where fairseq puts them."""
    import torch

    def made(name: str, tokenizer_class: type, model_class: type, **shape) -> Path:
        folder = tmp_path_factory.mktemp(name)
        vocabulary = _unigram(_texts(world), ["<s>", "<pad>", "</s>", "<unk>"])
        tokenizer = tokenizer_class(vocab=[*vocabulary, ("<mask>", 0.0)])
        torch.manual_seed(0)
        model_class(model_class.config_class(vocab_size=len(tokenizer), **shape)).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def xlm_roberta(fairseq) -> Path:
    """An ``XLMRobertaForMaskedLM`` with its tokenizer."""
    from transformers import XLMRobertaForMaskedLM, XLMRobertaTokenizer

    return fairseq(
        "xlm", XLMRobertaTokenizer, XLMRobertaForMaskedLM, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=48, max_position_embeddings=66, pad_token_id=1, type_vocab_size=1,
    )  # fmt: skip


@pytest.fixture(scope="session")
def arabart(fairseq) -> Path:
    """An ``MBartForConditionalGeneration`` with ``BarthezTokenizer``, which is what AraBART is."""
    from transformers import BarthezTokenizer, MBartForConditionalGeneration

    return fairseq(
        "arabart", BarthezTokenizer, MBartForConditionalGeneration, d_model=32, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=48, decoder_ffn_dim=48,
        max_position_embeddings=128, decoder_start_token_id=2, forced_eos_token_id=2,
    )  # fmt: skip


@pytest.fixture(scope="session")
def mt5(world, tmp_path_factory) -> Path:
    """An ``MT5ForConditionalGeneration`` with its Unigram tokenizer, and an output matrix of its own as mT5 has."""
    import torch
    from transformers import MT5Config, MT5ForConditionalGeneration, T5Tokenizer

    folder = tmp_path_factory.mktemp("mt5-small")
    tokenizer = T5Tokenizer(vocab=_unigram(_texts(world), ["<pad>", "</s>", "<unk>"]), extra_ids=0)
    torch.manual_seed(0)
    shape = MT5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=16, d_ff=48, num_layers=1, num_decoder_layers=1, num_heads=2,
        decoder_start_token_id=0,
    )  # fmt: skip
    model = MT5ForConditionalGeneration(shape)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def bart(world, tmp_path_factory) -> Path:
    """A ``BartForConditionalGeneration`` with a byte-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import BartConfig, BartForConditionalGeneration, RobertaTokenizer

    folder = tmp_path_factory.mktemp("bart")
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    learnt.train_from_iterator(_texts(world), trainer)
    model = json.loads(learnt.to_str())["model"]
    tokenizer = RobertaTokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])
    torch.manual_seed(0)
    shape = BartConfig(
        vocab_size=len(tokenizer), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=128,
    )  # fmt: skip
    BartForConditionalGeneration(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def headline_files(world, tmp_path_factory) -> Path:
    """A folder with articles and headlines: ``train.jsonl``, ``validation.jsonl``."""
    from tasrih.data.corpus import read_articles

    folder = tmp_path_factory.mktemp("headlines")
    articles = [article for article in read_articles(world.root / "corpus") if article.title]
    for name, some in (("train", articles[12:60]), ("validation", articles[:12])):
        rows = [{"id": article.id, "text": article.text, "title": article.title} for article in some]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def titled_root(tmp_path_factory):
    """Make data roots of numbered titled articles: a corpus ``made`` and splits of ``summarisation/made``."""

    def make(row: Callable[[int], dict], **parts: Iterable[int]) -> Path:
        root = tmp_path_factory.mktemp("titled")
        for name, numbers in parts.items():
            path = root / ("corpus/made.jsonl" if name == "corpus" else f"summarisation/made/{name}.jsonl")
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [json.dumps(row(number), ensure_ascii=False) for number in numbers]
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return root

    return make
