"""Near duplicates: found across spelling and small edits, never made up, in time that grows with the texts."""

from __future__ import annotations

import random

import pytest

from tasrih.data.leakage import NearPair, folded_words, near_pairs, shingles

TEXT = "أعلن المتحدث باسم الوزارة اليوم أن الجسر الجديد سيفتح أمام السيارات صباح الأحد المقبل بعد انتهاء الأعمال"


def test_spelling_links_and_accounts_make_no_difference():
    other = "أَعْلَن المتحدّث بـاسم الوزاره اليوم إن الجسر الجديد سيفتح امام السيارات صباح الاحد المقبل بعد إنتهاء الأعمال! @wazir https://t.co/x1"
    assert folded_words(other) == folded_words(TEXT)
    assert near_pairs([TEXT], ["نص آخر تماما لا صلة له", other]) == [NearPair(0, 1, 1.0)]


def test_similarity_is_that_of_the_word_bigrams():
    words = TEXT.split()
    left, right = " ".join(words[:11]), " ".join([*words[:10], "الجمعة"])
    assert len(shingles(left)) == len(shingles(right)) == 10
    # nine of the ten bigrams are shared, of eleven in all
    assert near_pairs([left], [right], threshold=0.8)[0].similarity == pytest.approx(9 / 11)
    assert near_pairs([left], [right], threshold=0.9) == []


def test_the_most_similar_text_is_given():
    words = TEXT.split()
    close, closest = " ".join(words[:-3]), " ".join(words[:-1])
    (pair,) = near_pairs([TEXT], [close, closest, "كلام بعيد"])
    assert (pair.left, pair.right) == (0, 1)


def test_texts_without_words_match_nothing():
    assert near_pairs(["", "!؟ 😀", TEXT], ["", "!؟ 😀"]) == []
    assert near_pairs(["نعم"], ["نَعَم."])[0].similarity == 1.0


def test_nearly_all_planted_pairs_are_found_and_none_else():
    draw = random.Random(3)
    vocabulary = [f"{a}{b}{c}" for a in "بتثجح" for b in "سشصض" for c in "لمنهو"]
    texts = [[draw.choice(vocabulary) for _ in range(40)] for _ in range(400)]
    edited = [[*words] for words in texts[:100]]
    for words in edited:  # five changed words of 40 leave 29 to 34 of 39 bigrams: a similarity of at least .59
        for place in draw.sample(range(40), 5):
            words[place] = draw.choice(vocabulary)
    pairs = near_pairs([" ".join(words) for words in edited], [" ".join(words) for words in texts])
    assert all(pair.left == pair.right for pair in pairs)
    assert len(pairs) >= 97


@pytest.mark.parametrize("threshold", [0, -1, 1.5])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold must lie over 0"):
        near_pairs([TEXT], [TEXT], threshold=threshold)
