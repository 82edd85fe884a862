"""From text to windows: spans point into the caller's own text, and nothing is lost, whatever the tokenizer."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tasrih.errors import ModelError
from tasrih.models.encoding import (
    TargetTooLongError,
    TextEncoder,
    open_tokenizer,
    pad,
    padded_length,
    panics_as_errors,
    without_surrogates,
)
from tasrih.text.normalise import fold
from tasrih.training.tokenizer import learn_vocabulary

SENTENCES = [
    "قال وزير الصحة إن المستشفى الجديد سيفتح أبوابه غدا.",
    "رحب الأهالي بافتتاح الجسر فوق النهر، وشكروا البلدية.",
    "حذر الخبراء من ارتفاع الأسعار في السوق إذا تأخرت الأمطار.",
    "فاز الفريق بهدفين في المباراة النهائية أمام ضيفه.",
]
LONG_TEXT = st.lists(
    st.sampled_from([*" ".join(SENTENCES).split(), "وَلِيدٌ", "كـــتاب", "😀", "\r\n", "12/7", "xyz"]),
    min_size=30,
    max_size=120,
).map(" ".join)


def wordpiece() -> Tokenizer:
    return learn_vocabulary(SENTENCES * 5, size=200, profile="encoder", min_frequency=2)


def unigram() -> Tokenizer:
    """As XLM-R's: SentencePiece Unigram, ``<s> a </s> </s> b </s>``."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 5, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


MADE = {"wordpiece": wordpiece(), "unigram": unigram()}
PROFILES = {"wordpiece": "encoder", "unigram": "lossless"}


def encoder(kind: str, max_length: int = 24, overlap: int = 6) -> TextEncoder:
    # truncation is a state of the tokenizer, so each encoder gets its own
    fresh = Tokenizer.from_str(MADE[kind].to_str())
    return TextEncoder(fresh, profile=PROFILES[kind], max_length=max_length, overlap=overlap)


ENCODERS = {kind: encoder(kind) for kind in MADE}
KINDS = pytest.mark.parametrize("kind", list(MADE))


@KINDS
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_spans_lie_in_the_callers_text_in_order(kind, hostile, data):
    text = data.draw(hostile(["قال", "الوزير "]))
    windows = ENCODERS[kind].windows([text])[0]
    assert windows
    for window in windows:
        assert len(window.ids) == len(window.type_ids) == len(window.spans) <= 24
        assert 0 <= window.start <= window.end <= len(text)
        known = [span for span in window.spans if span is not None]
        assert all(0 <= start <= end <= len(text) for start, end in known)
        assert known == sorted(known)
        assert all(window.start <= start and end <= window.end for start, end in known)
    assert windows[0].start == 0
    assert windows[-1].end == len(text)


def test_a_span_is_the_word_as_the_caller_wrote_it():
    text = "قَالَ\r\nالوزيــر: «إنّ\u200f الأمر» 😀 ١٢"
    windows = ENCODERS["wordpiece"].windows([text])[0]
    pieces = [text[slice(*span)] for span in windows[0].spans if span is not None]
    for place in (":", "«", "»", "😀", "١٢"):
        assert place in pieces
    joined = "".join(pieces)
    assert joined.startswith("قَالَ")  # the last vowel mark goes with its letter
    assert "الوزيــر" in joined


def test_the_space_that_sentencepiece_counts_to_a_word_is_no_part_of_its_span():
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -5.0), ("▁قال", -1.0), ("▁الوزير", -1.0), ("ا", -3.0)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    made = TextEncoder(tokenizer, profile="lossless", max_length=24)
    text = "قال  الوزير\nا"
    (window,) = made.windows([text])[0]
    pieces = [text[slice(*span)] for span in window.spans if span is not None]
    assert [piece for piece in pieces if piece.strip()] == ["قال", "الوزير", "ا"]


def test_lone_surrogates_become_a_mark_of_the_same_length():
    assert without_surrogates("أ\ud800ب") == "أ\ufffdب"
    assert without_surrogates("أب😀") == "أب😀"
    window = ENCODERS["wordpiece"].windows(["\ud800 قال"])[0][0]
    assert next(span for span in window.spans if span) == (0, 1)


def _harmed(**changes) -> str:
    return json.dumps({**json.loads(MADE["wordpiece"].to_str()), **changes})


def test_a_tokenizer_that_panics_is_damaged(tmp_path):
    """A panic of Rust code is no ``Exception``."""
    charsmap = {"type": "Precompiled", "precompiled_charsmap": "AAAA"}
    (tmp_path / "tokenizer.json").write_text(_harmed(normalizer=charsmap), encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json is no tokenizer that can be opened .*precompiled_charsmap"):
        open_tokenizer(tmp_path / "tokenizer.json")
    charsmap["precompiled_charsmap"] = "CAAAAP////8AAAAAAAAA"  # fails at the first text
    made = TextEncoder(Tokenizer.from_str(_harmed(normalizer=charsmap)), profile="lossless", max_length=24)
    for texts, pairs in ((["قال"], None), (["قال"], ["الوزير " * 9])):
        with pytest.raises(ModelError, match=r"the tokenizer cannot read a text .*out of bounds"):
            made.windows(texts, pairs)


def test_what_ends_a_program_is_no_panic():
    for kind in (KeyboardInterrupt, SystemExit, GeneratorExit, ValueError):
        with pytest.raises(kind), panics_as_errors():
            raise kind


@KINDS
@given(text=LONG_TEXT)
@settings(max_examples=60, deadline=None)
def test_nothing_of_a_long_text_is_lost(kind, text):
    windows = ENCODERS[kind].windows([text])[0]
    covered = {at for window in windows for span in window.spans if span for at in range(*span)}
    assert [char for at, char in enumerate(text) if at not in covered and not char.isspace()] == []
    for first, second in itertools.pairwise(windows):
        # neighbours overlap, and each brings tokens of its own; two of them may share a character, as ▁ and 😀 do
        assert first.start < second.start <= first.end <= second.end
        assert second.fresh > 0
    whole = TextEncoder(Tokenizer.from_str(MADE[kind].to_str()), profile=PROFILES[kind], max_length=4096).windows(
        [text]
    )[0]
    assert len(whole) == 1
    assert sum(window.fresh for window in windows) == whole[0].fresh == sum(span is not None for span in whole[0].spans)


@KINDS
def test_neighbours_share_as_many_tokens_as_asked(kind):
    text = " ".join(SENTENCES * 4)
    windows = ENCODERS[kind].windows([text])[0]
    inner = [[span for span in window.spans if span] for window in windows]
    assert len(inner) > 3
    for first, second in itertools.pairwise(inner):
        assert first[-6:] == second[:6]
    assert [window.fresh for window in windows[1:-1]] == [len(inner[1]) - 6] * (len(windows) - 2)


@KINDS
def test_a_pair_is_repeated_in_every_window_and_never_cut(kind):
    text, target = " ".join(SENTENCES * 4), "المستشفى"
    made = ENCODERS[kind]
    alone = made.windows([text])[0]
    windows = made.windows([text], [target])[0]
    assert len(windows) > len(alone)
    length = made._length(target)
    specials = {"wordpiece": 3, "unigram": 4}[kind]
    for window in windows:
        assert sum(span is None for span in window.spans) == length + specials
        tail = window.ids[-length - 1 : -1]
        assert tail == windows[0].ids[-length - 1 : -1]
    covered = {at for window in windows for span in window.spans if span for at in range(*span)}
    assert all(at in covered for at, char in enumerate(text) if not char.isspace())
    assert sum(window.fresh for window in windows) == sum(window.fresh for window in alone)


def test_type_ids_tell_text_and_pair_apart():
    window = ENCODERS["wordpiece"].windows(["قال الوزير"], ["الجسر"])[0][0]
    second = [index for index, kind in enumerate(window.type_ids) if kind == 1]
    assert second == list(range(second[0], len(window.ids)))
    assert all(window.spans[index] is None for index in second)
    assert {kind for w in ENCODERS["unigram"].windows(["قال"], ["الجسر"])[0] for kind in w.type_ids} == {0}


@KINDS
def test_a_target_of_over_half_a_window_is_refused_by_number(kind):
    made = ENCODERS[kind]
    with pytest.raises(TargetTooLongError, match=r"the target of text 1 has \d+ tokens; .* up to 12"):
        made.windows(["قال", "قال"], ["الجسر", " ".join(SENTENCES)])
    # the longest that goes
    target = "قال " * 40
    while made._length(target) > 12:
        target = target[:-1]
    assert made._length(target) == 12
    assert len(made.windows([SENTENCES[0] * 3], [target])[0]) > 1


def test_as_many_pairs_as_texts():
    with pytest.raises(ValueError):
        ENCODERS["wordpiece"].windows(["قال", "قال"], ["الجسر"])


def test_an_empty_text_has_one_empty_window():
    window = ENCODERS["wordpiece"].windows([""])[0]
    assert len(window) == 1
    assert (window[0].start, window[0].end, window[0].fresh) == (0, 0, 0)
    assert window[0].spans == [None, None]
    assert ENCODERS["wordpiece"].windows([]) == []


def test_truncation_settings():
    made = encoder("wordpiece", max_length=16, overlap=32)
    assert made.overlap == 4  # a quarter of the window at most
    assert max(len(window.ids) for window in made.windows([" ".join(SENTENCES)])[0]) == 16
    tokenizer = Tokenizer.from_str(MADE["wordpiece"].to_str())
    tokenizer.enable_padding(length=50)
    assert len(TextEncoder(tokenizer, profile="encoder", max_length=24).windows(["قال"])[0][0].ids) < 10


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="unknown normalisation profile 'nfkd'"):
        TextEncoder(Tokenizer.from_str(MADE["wordpiece"].to_str()), profile="nfkd", max_length=24)


def test_the_profile_decides_what_is_read():
    folded, plain = (
        ENCODERS["wordpiece"],
        TextEncoder(Tokenizer.from_str(MADE["wordpiece"].to_str()), profile="lossless", max_length=24),
    )
    assert folded.windows(["إِنَّ"])[0][0].ids == folded.windows(["ان"])[0][0].ids
    assert plain.windows(["إِنَّ"])[0][0].ids != plain.windows(["ان"])[0][0].ids


def test_from_file_reads_as_the_tokenizer_in_memory(tmp_path):
    MADE["unigram"].save(str(tmp_path / "tokenizer.json"))
    opened = TextEncoder.from_file(tmp_path / "tokenizer.json", profile="lossless", max_length=24, overlap=6)
    assert opened.windows(SENTENCES) == ENCODERS["unigram"].windows(SENTENCES)


def test_padding():
    made = ENCODERS["wordpiece"]
    windows = [window for group in made.windows(["قال", SENTENCES[0]]) for window in group]
    batch = pad(windows, 7)
    longest = max(len(window.ids) for window in windows)
    assert {name: (value.dtype, value.shape) for name, value in batch.items()} == dict.fromkeys(
        ("input_ids", "attention_mask", "token_type_ids"), (np.dtype(np.int64), (len(windows), padded_length(longest)))
    )
    for row, window in enumerate(windows):
        size = len(window.ids)
        added = padded_length(longest) - size
        assert batch["input_ids"][row].tolist() == window.ids + [7] * added
        assert batch["attention_mask"][row].tolist() == [1] * size + [0] * added
        assert batch["token_type_ids"][row].tolist() == window.type_ids + [0] * added


def test_the_padded_length_is_the_windows_own_and_what_the_model_reads_at_most():
    assert [padded_length(length) for length in (1, 8, 9, 24)] == [8, 8, 16, 24]
    assert padded_length(510, 510) == 510
    made = encoder("wordpiece", max_length=21)
    (window, *_) = made.windows([" ".join(SENTENCES)])[0]
    assert len(window.ids) == 21 and made.pad([window])["input_ids"].shape == (1, 21)


def _one_by_one(kind, text):
    """A span for each token, mapped by the normaliser itself; the space that SentencePiece counts to a word is not its own."""
    source = fold(without_surrogates(text), PROFILES[kind])
    encoding = ENCODERS[kind]._tokenizer.encode(source.text)

    def without_space(start, end):
        piece = source.text[start:end]
        spaces = len(piece) - len(piece.lstrip()) if kind == "unigram" else 0
        return (start + spaces if spaces < end - start else start), end

    return [
        source.to_source(*without_space(*offsets)) if sequence == 0 else None
        for sequence, offsets in zip(encoding.sequence_ids, encoding.offsets, strict=True)
    ]


@KINDS
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_spans_are_those_that_are_mapped_one_by_one(kind, hostile, data):
    text = data.draw(hostile(["قال", "الوزير "]))
    assert ENCODERS[kind].windows([text])[0][0].spans == _one_by_one(kind, text)


@KINDS
@pytest.mark.parametrize("text", ["\x1f0", " \u064bقال  ", "قال\u2003الوزير", "\u00a0\u0640\u0640ق"])
def test_spans_beside_unusual_spaces(kind, text):
    assert ENCODERS[kind].windows([text])[0][0].spans == _one_by_one(kind, text)


def test_the_padding_token_is_found_by_name():
    assert ENCODERS["wordpiece"].pad_id == 0
    assert (
        TextEncoder(Tokenizer.from_str(MADE["unigram"].to_str()), profile="lossless", max_length=24, pad_id=1).pad_id
        == 1
    )
