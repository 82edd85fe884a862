"""Checkpoints as they may lie on the hub: the vocabulary in SentencePiece's own file, and no ``tokenizer.json``."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasrih.errors import MissingExtraError, ModelError
from tasrih.models.auto_tokenizer import open_auto_tokenizer
from tasrih.models.classifier import Classifier
from tasrih.models.summariser import Summariser
from tasrih.training.bases import open_tokenizer
from tasrih.training.classification import ClassifierConfig, Source, train_classifier
from tasrih.training.seq2seq import Pairs, Seq2SeqConfig, open_seq2seq

TEXT = "رحب وزير الصحة أمس بنتائج الاتفاق الجديد في بلدة الزرقة أمام أهالي البلدة وممثلي النقابة."


@dataclass(frozen=True)
class Family:
    """How a family's vocabulary lies on the hub, and how its tokenizer numbers the pieces and marks a text."""

    checkpoint: str
    file: str
    tokenizer: dict
    ids: dict[str, int]
    shift: int
    before: tuple[str, ...]
    after: tuple[str, ...]


FAIRSEQ = "sentencepiece.bpe.model"
FAMILIES = {
    "mt5": Family(
        "mt5", "spiece.model", {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "additional_special_tokens": None},
        {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}, 0, (), ("</s>",),
    ),
    "arabart": Family(
        "arabart", FAIRSEQ, {"tokenizer_class": "BarthezTokenizer"},
        {"bos_id": 0, "pad_id": 1, "eos_id": 2, "unk_id": 3}, 0, ("<s>",), ("</s>",),
    ),
    "mbart": Family("arabart", FAIRSEQ, {"tokenizer_class": "MBartTokenizer"}, {}, 1, (), ("</s>", "en_XX")),
    "xlm-roberta": Family(
        "xlm_roberta", FAIRSEQ, {"tokenizer_class": "XLMRobertaTokenizer"}, {}, 1, ("<s>",), ("</s>",)
    ),
}  # fmt: skip


def write_pieces(path: Path, world, ids: dict[str, int]) -> None:
    import sentencepiece

    rows = (world.root / "statements" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    with path.open("wb") as out:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(json.loads(row)["text"] for row in rows), model_writer=out, vocab_size=200,
            hard_vocab_limit=False, minloglevel=2, **ids,
        )  # fmt: skip


@pytest.fixture(scope="module")
def lying(world, tmp_path_factory, request):
    """Give the folder of a family's tiny checkpoint."""
    made: dict[str, Path] = {}

    def give(name: str) -> Path:
        if name not in made:
            family = FAMILIES[name]
            folder = made[name] = tmp_path_factory.mktemp("pieces") / name
            shutil.copytree(request.getfixturevalue(family.checkpoint), folder)
            (folder / "tokenizer.json").unlink()
            (folder / "tokenizer_config.json").write_text(json.dumps(family.tokenizer))
            write_pieces(folder / family.file, world, family.ids)
        return made[name]

    return give


@pytest.mark.parametrize("name", FAMILIES)
def test_pieces_are_numbered_and_marked_as_the_family_does(name, lying):
    import sentencepiece

    folder, family = lying(name), FAMILIES[name]
    tokenizer = open_auto_tokenizer(folder)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / family.file)).encode(TEXT)
    before, after = (tokenizer.convert_tokens_to_ids(list(marks)) for marks in (family.before, family.after))
    assert tokenizer.unk_token_id not in before + after
    assert tokenizer(TEXT)["input_ids"] == [*before, *(piece + family.shift for piece in pieces), *after]
    assert tokenizer(TEXT)["input_ids"] == open_tokenizer(str(folder))(TEXT)["input_ids"]


@pytest.mark.parametrize("name", ["mt5", "arabart"])
def test_an_encoder_decoder_opens_writes_and_is_a_base(name, lying):
    folder = lying(name)
    summary = Summariser.from_pretrained(folder, device="cpu").summarise(TEXT, method="abstractive")
    assert summary.text and summary.supported == 1.0
    config = Seq2SeqConfig(str(folder), "out", [Pairs("set")], Pairs("set", "validation"))
    model, tokenizer = open_seq2seq(config)
    assert len(tokenizer) <= model.config.vocab_size
    assert tokenizer(TEXT)["input_ids"] == open_auto_tokenizer(folder)(TEXT)["input_ids"]


def test_an_encoder_trains_and_opens_with_and_without_tokenizer_json(lying, world, tmp_path):
    base, family = lying("xlm-roberta"), FAMILIES["xlm-roberta"]
    sets = [Source("stance/ans", limit=16)], Source("stance/ans", "validation", limit=8)
    config = ClassifierConfig(
        "stance", str(base), str(tmp_path / "out"), *sets, max_length=60, epochs=1, bf16=False, batch_size=8
    )
    train_classifier(config, world.root)
    pair = ["نادي الحصن ينفي فوز سالم ويكذب الخبر"], ["سالم يفوز برئاسة نادي الحصن"]
    trained = Classifier.from_pretrained(tmp_path / "out", device="cpu").predict(*pair)[0]
    # training saves what opens without sentencepiece; taken away again, the model reads the same
    (tmp_path / "out" / "tokenizer.json").unlink()
    shutil.copy(base / family.file, tmp_path / "out")
    alone = Classifier.from_pretrained(tmp_path / "out", device="cpu").predict(*pair)[0]
    assert alone.scores == pytest.approx(trained.scores, abs=1e-6)


@pytest.mark.parametrize("opening", [Summariser.from_pretrained, open_tokenizer, open_auto_tokenizer])
def test_without_sentencepiece_one_line_says_what_to_install(opening, lying, monkeypatch):
    folder = lying("mt5")
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtraError, match=r"needs sentencepiece.*pip install 'tasrih\[train\]'") as caught:
        opening(str(folder))
    assert "\n" not in str(caught.value) and "tiktoken" not in str(caught.value)


@pytest.mark.parametrize("opening", [open_tokenizer, open_auto_tokenizer])
def test_without_sentencepiece_a_hub_id_is_answered_alike(opening, lying, monkeypatch):
    """Its file is known only after transformers fetched it."""
    from transformers import AutoTokenizer

    folder, original = lying("mt5"), AutoTokenizer.from_pretrained
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda place, **options: original(folder, **options))
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtraError, match=r"google/mt5-small needs sentencepiece"):
        opening("google/mt5-small")


@pytest.mark.parametrize("opening", [Summariser.from_pretrained, open_tokenizer])
def test_a_damaged_vocabulary_is_named_and_tiktoken_is_not(opening, lying, tmp_path):
    shutil.copytree(lying("mt5"), tmp_path / "mt5")
    (tmp_path / "mt5" / "spiece.model").write_bytes(b"\xff not pieces")
    with pytest.raises(ModelError, match="cannot be read as SentencePiece's") as caught:
        opening(str(tmp_path / "mt5"))
    assert "\n" not in str(caught.value) and "tiktoken" not in str(caught.value)
