"""Spans from hand-made token logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.models.spans import SPAN_LABELS, find_spans, softmax

TEXT = "رحب الوزير بلبنان وسوريا"
#       0-3  4-10   11-17   18-24
TOKENS = [None, (0, 3), (4, 10), (11, 12), (12, 17), (18, 19), (19, 24), None]


def logits(*labels: str, certainty: float = 10.0) -> np.ndarray:
    """Logits that favour one label for each token."""
    made = np.zeros((len(labels), len(SPAN_LABELS)))
    for row, label in zip(made, labels, strict=True):
        row[SPAN_LABELS.index(label)] = certainty
    return made


def found(scores: np.ndarray, tokens=TOKENS, text: str = TEXT, **options) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in find_spans(scores, tokens, text, **options)]


def test_the_labels_are_bio_over_speaker_and_stances():
    assert SPAN_LABELS == (
        "O", "B-speaker", "I-speaker", "B-favor", "I-favor", "B-against", "I-against", "B-neutral", "I-neutral",
    )  # fmt: skip


def test_softmax_sums_to_one_and_bears_great_logits():
    probabilities = softmax(np.array([[1000.0, 1000.0, -1000.0], [0.0, np.log(3), -np.inf]]))
    assert probabilities == pytest.approx(np.array([[0.5, 0.5, 0], [0.25, 0.75, 0]]))


def test_a_speaker_and_two_targets():
    spans = find_spans(logits("O", "O", "B-speaker", "O", "B-favor", "O", "B-against", "O"), TOKENS, TEXT)
    assert [(span.kind, span.start, span.end) for span in spans] == [
        ("speaker", 4, 10),
        ("target", 12, 17),
        ("target", 19, 24),
    ]
    speaker, first, second = spans
    assert speaker.stances == {}
    assert max(first.stances, key=first.stances.get) == "favor"
    assert max(second.stances, key=second.stances.get) == "against"
    assert all(span.score == pytest.approx(1, abs=0.01) for span in spans)
    assert all(sum(span.stances.values()) == pytest.approx(1) for span in (first, second))


def test_neighbouring_targets_are_parted_at_the_second_beginning():
    text, tokens = "مصر لبنان تونس", [(0, 3), (4, 9), (10, 14)]
    assert found(logits("B-favor", "I-favor", "B-favor"), tokens, text) == [("target", "مصر لبنان"), ("target", "تونس")]
    assert found(logits("B-favor", "B-favor", "B-favor"), tokens, text) == [
        ("target", "مصر"), ("target", "لبنان"), ("target", "تونس"),
    ]  # fmt: skip


def test_a_change_of_kind_parts_spans_and_an_inside_label_may_begin_one():
    text, tokens = "مصر لبنان تونس", [(0, 3), (4, 9), (10, 14)]
    assert found(logits("I-speaker", "I-favor", "I-favor"), tokens, text) == [
        ("speaker", "مصر"),
        ("target", "لبنان تونس"),
    ]


def test_a_gap_parts_spans():
    text, tokens = "مصر لبنان تونس", [(0, 3), (4, 9), (10, 14)]
    assert found(logits("B-favor", "O", "I-favor"), tokens, text) == [("target", "مصر"), ("target", "تونس")]


def test_a_beginning_inside_a_word_goes_on_with_it():
    text, tokens = "مصر", [(0, 1), (1, 3)]
    assert found(logits("B-favor", "B-favor"), tokens, text) == [("target", "مصر")]


def test_the_stance_is_the_mean_over_the_tokens():
    scores = np.full((2, len(SPAN_LABELS)), -50.0)
    scores[0, SPAN_LABELS.index("B-favor")] = 0.0
    scores[1, [SPAN_LABELS.index("I-favor"), SPAN_LABELS.index("I-neutral")]] = 0.0
    (span,) = find_spans(scores, [(0, 3), (4, 9)], "مصر لبنان")
    assert span.stances == pytest.approx({"favor": 0.75, "against": 0.0, "neutral": 0.25})


def test_stances_that_split_a_target_do_not_lose_it():
    # each stance has less than O, all three together have more
    scores = np.log(np.array([[0.4, 0.01, 0.01, 0.3, 0.001, 0.15, 0.001, 0.127, 0.001]]))
    (span,) = find_spans(scores, [(0, 3)], "مصر")
    assert (span.kind, span.score) == ("target", pytest.approx(0.58, abs=0.005))
    assert max(span.stances, key=span.stances.get) == "favor"


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("رأى لبنان أن", [(0, 3), (4, 6), (6, 9), (10, 12)], "لبنان"),
        ("رأى لُبْنَانُ أن", [(0, 3), (4, 8), (8, 13), (14, 16)], "لُبْنَانُ"),
        ("رأى لبنان، أن", [(0, 3), (4, 6), (6, 9), (11, 13)], "لبنان"),
    ],
)
def test_a_span_that_stops_inside_a_word_is_carried_on(text, tokens, expected):
    assert found(logits("O", "B-favor", "O", "O"), tokens, text) == [("target", expected)]


def test_a_span_at_the_end_of_the_text_is_carried_on_to_it():
    assert found(logits("O", "B-favor"), [(0, 3), (4, 6)], "رأى لبنان") == [("target", "لبنان")]


def test_two_spans_of_one_word_do_not_overlap():
    text, tokens = "رأى لبنان أن", [(0, 3), (4, 6), (6, 9), (10, 12)]
    assert found(logits("O", "B-favor", "B-speaker", "O"), tokens, text) == [("target", "لبنان")]
    tokens = [(0, 3), (4, 5), (5, 7), (7, 9)]
    assert found(logits("O", "B-favor", "O", "B-favor"), tokens, text) == [("target", "لبنان")]


def test_special_tokens_are_skipped_whatever_their_logits():
    assert found(logits(*["B-favor"] * 8)) == [
        ("target", "رحب"), ("target", "الوزير"), ("target", "لبنان"), ("target", "سوريا"),
    ]  # fmt: skip
    assert found(logits("B-speaker", "O", "O", "O", "O", "O", "O", "I-favor")) == []
    assert found(logits("B-favor", "I-favor"), [None, None], "") == []


def test_a_bias_finds_more_or_fewer_spans():
    scores = logits("O", "O", "B-speaker", "O", "O", "O", "O", "O", certainty=3.0)
    assert found(scores) == [("speaker", "الوزير")]
    assert found(scores, bias=-10.0) == []
    weak = np.zeros((1, len(SPAN_LABELS)))
    weak[0, 0] = 3.0
    weak[0, 1] = 2.0
    assert found(weak, [(0, 3)], "مصر") == []
    assert found(weak, [(0, 3)], "مصر", bias=2.0) == [("speaker", "مصر")]


def test_a_bias_leaves_the_probability_as_it_was():
    scores = logits("O", "O", "B-speaker", "O", "O", "O", "O", "O", certainty=3.0)
    plain, biased = (find_spans(scores, TOKENS, TEXT, bias=bias)[0].score for bias in (0.0, 0.5))
    # e^3 against eight labels at e^0; B and I of the speaker count
    assert plain == pytest.approx((np.exp(3) + 1) / (np.exp(3) + 8), abs=1e-6)
    assert biased == pytest.approx(plain)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_spans_lie_in_order_apart_and_inside_the_text(seed, bias):
    scores = np.random.default_rng(seed).normal(0, 3, (len(TOKENS), len(SPAN_LABELS)))
    taken = 0
    for span in find_spans(scores, TOKENS, TEXT, bias=bias):
        assert taken <= span.start < span.end <= len(TEXT)
        assert span.end == len(TEXT) or not TEXT[span.end].isalnum()
        assert 0 <= span.score <= 1
        assert span.kind in ("speaker", "target")
        assert bool(span.stances) == (span.kind == "target")
        taken = span.end


@pytest.mark.parametrize(
    ("text", "token", "expected"),
    [
        ("مع الحلف غدا", (5, 8), "الحلف"),  # a word that is cut is taken whole
        ("مع وروسيا غدا", (4, 9), "روسيا"),  # a conjunction written with it may stay outside
        ('ضد تنظيم "داعش" أيضا', (3, 14), 'تنظيم "داعش"'),
        ("ضد تنظيم «داعش» أيضا", (3, 14), "تنظيم «داعش»"),
        ('قال "داعش" أيضا', (5, 9), "داعش"),  # a mark opened before the span is not its own
    ],
)
def test_spans_hold_whole_words_and_the_mark_that_closes_them(text, token, expected):
    logits = np.full((1, len(SPAN_LABELS)), -5.0)
    logits[0, SPAN_LABELS.index("B-favor")] = 5.0
    (span,) = find_spans(logits, [token], text)
    assert text[span.start : span.end] == expected


@pytest.mark.parametrize(
    ("text", "token", "expected"),
    [
        ('ضد "تنظيم داعش" أيضا', (10, 15), "داعش"),
        ("ضد «تنظيم داعش» أيضا", (10, 15), "داعش"),
        ('ضد تنظيم "داعش" أيضا', (9, 15), '"داعش"'),
        ("قرب (بيت) «لحم» أيضا", (4, 9), "(بيت)"),
        ("قال «(قرب بيت)» أيضا", (10, 15), "بيت"),
        ("قرب (بيت لحم) أيضا", (9, 13), "لحم"),
    ],
)
def test_the_mark_of_a_quotation_begun_before_a_target_is_left_out(text, token, expected):
    assert found(logits("B-against"), [token], text) == [("target", expected)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("والحكومة اليمنية", "الحكومة اليمنية"),
        ("وَالحُكومة", "الحُكومة"),
        ("وبالاتفاق", "الاتفاق"),
        ("بالاتفاق الجديد", "الاتفاق الجديد"),
        ("فالمعارضة", "المعارضة"),
        ("وللشعب السعودي", "للشعب السعودي"),  # the article has lost its alef: what is left is no word
        ("للحكومة", "للحكومة"),
        ("لمصر", "مصر"),
        ("ولإيران", "إيران"),
        ("وبريطانيا", "بريطانيا"),
        ("بريطانيا", "بريطانيا"),
        ("لبنان", "لبنان"),
        ("ليبيا", "ليبيا"),
        ("والد الطفل", "والد الطفل"),
        ("والدة الضحية", "والدة الضحية"),
        ("فالنسيا", "فالنسيا"),
        ("كاليفورنيا", "كاليفورنيا"),
        ("بالي", "بالي"),
        ("وزارة الخارجية", "وزارة الخارجية"),
        ('"والحكومة"', '"والحكومة"'),  # what is quoted is quoted whole
    ],
)
def test_what_is_written_together_with_a_target_stays_outside(target, expected):
    text = f"قال إن {target} غدا"
    token = (7, 7 + len(target))
    assert found(logits("B-favor"), [token], text) == [("target", expected)]
    assert found(logits("B-speaker"), [token], text) == [("speaker", target)]  # a speaker is left as it was found


def test_a_target_is_given_from_a_probability_on():
    scores = logits("O", "O", "B-speaker", "O", "B-favor", "O", "B-against", "O", certainty=3.0)
    scores[4] *= 2
    chances = [span.score for span in find_spans(scores, TOKENS, TEXT)]
    assert chances[2] < 0.95 < chances[1]
    assert found(scores, least=0.95) == [("speaker", "الوزير"), ("target", "لبنان")]  # the speaker is not measured by it
    assert len(found(scores, least=0.999)) == 1


@pytest.mark.parametrize(
    ("text", "adjective", "expected"),
    [
        ("على استحداث قوة جديدة للرد", "جديدة", "قوة جديدة"),
        ("ببناء القُوَّة الدفاعيـة في العراق", "الدفاعيـة", "القُوَّة الدفاعيـة"),
        ("ببناء القوة الدفاعية الجديدة", "الجديدة", "القوة الدفاعية الجديدة"),
        ("رحب بالقوة الدفاعية", "الدفاعية", "القوة الدفاعية"),  # the preposition stays outside
        ("وزارة الداخلية", "الداخلية", "الداخلية"),  # a noun that another one is annexed to
        ("قالت المعارضة", "المعارضة", "المعارضة"),
        ("زار اليوم المعارضة", "المعارضة", "المعارضة"),
        ("المملكة السعودية", "السعودية", "السعودية"),  # a name stands alone
        ("القوة، الدفاعية", "الدفاعية", "الدفاعية"),
        ("القوة\nالدفاعية", "الدفاعية", "الدفاعية"),
        ("في جديدة", "جديدة", "جديدة"),
        ("قالت جديدة", "جديدة", "جديدة"),
        ("جديدة", "جديدة", "جديدة"),
    ],
)
def test_an_adjective_found_alone_takes_its_noun(text, adjective, expected):
    at = text.index(adjective)
    assert found(logits("B-favor"), [(at, at + len(adjective))], text) == [("target", expected)]
    # a speaker is left as it was found
    assert found(logits("B-speaker"), [(at, at + len(adjective))], text) == [("speaker", adjective)]


def test_an_adjective_after_a_target_is_part_of_it():
    text, tokens = "لمواجهة الاعتداءات الإلكترونية غدا", [(8, 18), (19, 30), (31, 34)]
    assert found(logits("B-against", "B-favor", "O"), tokens, text) == [("target", "الاعتداءات الإلكترونية")]
    (span,) = find_spans(logits("B-against", "B-favor", "O"), tokens, text)
    assert max(span.stances, key=span.stances.get) == "against"
    # not where the span before is the speaker's
    assert found(logits("B-speaker", "B-favor", "O"), tokens, text) == [
        ("speaker", "الاعتداءات"), ("target", "الإلكترونية"),
    ]  # fmt: skip
