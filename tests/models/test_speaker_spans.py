import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.models.spans import SPAN_LABELS
from tasrih.models.speaker_spans import SPEAKER_BY, speaker_of

TEXT = "قال الوزير سامي حداد إن الطريق مفتوح"
WORDS = [(0, 3), (4, 10), (11, 15), (16, 20), (21, 23), (24, 30), (31, 36)]
BEGIN, INSIDE = SPAN_LABELS.index("B-speaker"), SPAN_LABELS.index("I-speaker")


def marked(tokens, *runs: tuple[int, int, float]) -> np.ndarray:
    """Logits of a head that marks runs of tokens (first, last, how sure) as a speaker, and nothing else."""
    made = np.zeros((len(tokens), len(SPAN_LABELS)))
    made[:, 0] = 4.0
    for first, last, sure in runs:
        made[first, BEGIN] = 4.0 + sure
        made[first + 1 : last + 1, INSIDE] = 4.0 + sure
    return made


def named(scores, ruled=None, by="both", text=TEXT, tokens=WORDS) -> str | None:
    found = speaker_of(scores, tokens, text, ruled, by)
    return text[slice(*found)] if found else None


@pytest.mark.parametrize(
    ("head", "ruled", "both"),
    [
        ([], None, None),
        ([], (4, 10), None),  # the head sees no speaker there at all
        ([(1, 3, 3.0)], None, "الوزير سامي حداد"),
        ([(1, 3, -2.0)], None, None),  # the head alone, and not likely
        ([(1, 3, 0.4)], (4, 10), "الوزير"),  # the same speaker, whose edges the rules know better
        ([(1, 3, 6.0)], (4, 10), "الوزير سامي حداد"),  # sure of where the name ends
        ([(1, 3, 4.0), (5, 5, 2.0)], (24, 30), "الوزير سامي حداد"),
        ([(1, 3, 1.0), (5, 5, 2.0)], (24, 30), "الطريق"),
    ],
)
def test_a_speaker_is_the_heads_the_rules_or_the_likelier(head, ruled, both):
    scores = marked(WORDS, *head)
    assert named(scores, ruled, "both") == both
    assert named(scores, ruled, "rules") == (TEXT[slice(*ruled)] if ruled else None)


def test_the_rules_stand_in_where_the_head_names_nobody():
    assert named(marked(WORDS), (4, 10), "spans") == "الوزير"
    assert named(marked(WORDS, (1, 3, 3.0)), (24, 30), "spans") == "الوزير سامي حداد"


def test_one_unsure_piece_does_not_break_a_name_in_two():
    scores = marked(WORDS, (1, 3, 5.0))
    scores[2] = 0.0
    scores[2, 0] = 2.0  # less sure that سامي goes on with it than that nothing is there
    assert named(scores) == "الوزير سامي حداد"
    scores[2, 0] = 40.0
    assert named(scores) == "الوزير"  # not over a word that is surely none of it


def test_pieces_of_a_word_stand_together():
    tokens = [(0, 3), (4, 7), (7, 10), *WORDS[2:]]
    scores = marked(tokens, (1, 1, 6.0))
    scores[2, INSIDE] = 2.0  # the second half of الوزير
    assert named(scores, tokens=tokens) == "الوزير"


@pytest.mark.parametrize(
    ("text", "marked_run", "found"),
    [
        ("أما الشيخ عادل، وهو الإمام", "الشيخ عادل، وهو", "الشيخ عادل"),
        ("ودعا -روبرت بايبر - إسرائيل", "روبرت بايبر -", "روبرت بايبر"),
        ("ودعا «الحزب الوطني» الجميع", "الحزب الوطني»", "الحزب الوطني"),
        ("وقالت شركة «لوكويل» أمس", "شركة «لوكويل»", "شركة «لوكويل»"),
        ("وقال محمد علي في بيان", "محمد علي في", "محمد علي"),
        ("وقالَ رَجُلٌ مُسِنٌّ غدا", "رَجُلٌ مُسِنٌّ", "رَجُلٌ مُسِنٌّ"),
    ],
)
def test_marks_and_words_that_look_forward_are_left_out(text, marked_run, found):
    tokens = [match.span() for match in re.finditer(r"[\w\u064b-\u0652]+|[^\w\s]", text)]
    start = text.index(marked_run)
    inside = [index for index, token in enumerate(tokens) if start <= token[0] < start + len(marked_run)]
    assert named(marked(tokens, (inside[0], inside[-1], 6.0)), text=text, tokens=tokens) == found


def test_the_rules_may_leave_a_preposition_out():
    text, tokens = "وفقا لمصادر محلية فإن", [(0, 4), (5, 11), (12, 17), (18, 21)]
    scores = marked(tokens, (1, 2, 1.0))
    assert named(scores, (6, 17), text=text, tokens=tokens) == "مصادر محلية"


def test_a_text_without_tokens_has_the_rules_speaker():
    assert speaker_of(np.empty((0, 0)), [], "؟", None, "both") is None
    assert speaker_of(np.empty((0, 0)), [], TEXT, (4, 10), "spans") == (4, 10)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_the_speaker_lies_in_the_text(data):
    pieces = data.draw(st.lists(st.text('اليوم«»"-ـ،و َّ🙂1', min_size=1, max_size=5), min_size=1, max_size=40))
    text, tokens = "".join(pieces), []
    for piece in pieces:
        start = tokens[-1][1] if tokens else 0
        tokens.append((start, start + len(piece)))
    seed = data.draw(st.integers(0, 99))
    scores = np.random.default_rng(seed).normal(scale=5, size=(len(tokens), len(SPAN_LABELS)))
    for by in SPEAKER_BY:
        found = speaker_of(scores, tokens, text, None, by)
        if found:
            assert 0 <= found[0] < found[1] <= len(text)
            assert text[slice(*found)].strip() == text[slice(*found)]
