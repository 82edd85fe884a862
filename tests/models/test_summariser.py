"""``Summariser``: any text gets a summary, no word is made up, and checkpoints of several families open."""

from __future__ import annotations

import itertools
import json
import unicodedata
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.data.corpus import read_articles
from tasrih.errors import ModelError
from tasrih.models.extractive import balanced
from tasrih.models.extractive_summary import extract
from tasrih.models.summariser import Summariser
from tasrih.models.summary_settings import Asked, SummariserSettings, check_summary
from tasrih.results import Summary
from tasrih.text.language import unreadable
from tasrih.text.words import support
from tasrih.training.tokenizer import learn_seq2seq_vocabulary, learn_vocabulary

ARTICLE = (
    "افتتح مستشفى المنارة عيادة جديدة لأمراض القلب صباح اليوم."
    " وقال الطبيب سالم إن المرضى سيجدون العلاج مجانا في كل يوم. "
    "وحصل الأطفال على اللقاح بعد الافتتاح. وتوقع الراصد كريم انخفاض درجات الحرارة غدا."
)
TEXTS = [
    ARTICLE,
    "فاز فريق «الخليج» على ضيفه بهدفين (2-0) في مباراة الدوري. وسجل رائد هدفي الفريق في الدقيقتين 12 و75.5."
    " وصفق الجمهور للمدرب.",
    "هطلت أمطار غزيرة على السدرة مساء مع رياح شديدة؛ وغطى الضباب الطرق، بحسب بيان نشر على موقع example.com أمس.",
    "قَالَ الوَزِيرُ إِنَّ الأَمْرَ انتهـــى.\r\n\r\nوأضاف\u200f أن الخطة 😀 جاهزة وستعرض على المجلس يوم الأحد القادم.",
]


def check(made: Summariser, text: str, summary: Summary, limit: int) -> None:
    assert isinstance(summary, Summary)
    json.dumps(summary.to_dict())
    if summary.method == "source":
        assert summary.text == text
        assert summary.reason
        return
    assert summary.method in ("abstractive", "extractive")
    assert len(summary.text.split()) <= limit
    assert support(summary.text, text)[0] == 1.0
    assert summary.supported == 1.0
    assert balanced(summary.text) == summary.text
    for span in summary.sources:
        assert text[span.start : span.end] == span.text


# --- our own, as a folder and exported ------------------------------------------------------------


@pytest.fixture(scope="module", params=["onnx", "torch"])
def ours(request, summary_model, exported_summary) -> Summariser:
    return Summariser.from_pretrained(exported_summary if request.param == "onnx" else summary_model[0], device="cpu")


def test_settings_are_stored(ours):
    assert (ours.settings.profile, ours.settings.max_source, ours.settings.styles) == ("tidy", 64, ("headline",))
    assert (ours.settings.start_id, ours.settings.end_id, ours.settings.unknown_id) == (0, 1, 2)


def test_the_model_writes_headlines_of_the_articles_words(ours, world):
    # articles that it was trained on too, for the tiny model knows little else
    texts = [*TEXTS, *(article.text for article in islice(read_articles(world.root / "corpus"), 40, 60))]
    written = [ours.summarise(text) for text in texts]
    for text, summary in zip(texts, written, strict=True):
        check(ours, text, summary, 14)
        assert summary.text
    assert "abstractive" in {summary.method for summary in written}
    for summary in written:
        if summary.method == "abstractive":
            assert len(summary.text.split()) >= 3
            assert summary.sources
            assert summary.reason is None


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9, 40])
@pytest.mark.parametrize("method", ["auto", "abstractive", "extractive"])
def test_never_more_words_than_asked(ours, limit, method):
    for text in TEXTS:
        check(ours, text, ours.summarise(text, max_words=limit, method=method), limit)


@given(
    data=st.data(),
    limit=st.integers(1, 10),
    method=st.sampled_from(["auto", "abstractive", "extractive"]),
    style=st.sampled_from(["headline", "brief"]),
)
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_summary(exported_summary, hostile, data, limit, method, style):
    text = data.draw(hostile(" ".join(TEXTS[:3]).split(), between=" "))
    made = _opened(exported_summary)
    check(made, text, made.summarise(text, max_words=limit, method=method, style=style), limit)


def _opened(folder, _kept={}):  # noqa: B006 - opened once for all examples
    if folder not in _kept:
        _kept[folder] = Summariser.from_pretrained(folder)
    return _kept[folder]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("Hello, how are you doing today my friends?", "no Arabic"),
        ("12 34 !", "empty"),
        ("فاز الفريق بهدفين", "short: the text has 3 words"),
        ("\ud800", "empty"),
    ],
)
def test_what_is_not_summarised_comes_back_as_it_is(ours, text, reason):
    found = ours.summarise(text)
    assert (found.text, found.method, found.supported) == (text, "source", 1.0)
    assert found.reason.startswith(reason)
    assert [span.text for span in found.sources] == ([text] if unreadable(text) is None else [])


def test_lone_surrogates_are_read_like_any_mark(ours):
    text = ARTICLE.replace("القلب", "القلب \ud800")
    for method in ("abstractive", "extractive"):
        check(ours, text, ours.summarise(text, method=method), 14)


def test_extractive_takes_a_sentence_of_the_text(ours):
    found = ours.summarise(ARTICLE, method="extractive")
    assert (found.method, found.reason) == ("extractive", None)
    assert len(found.sources) == 1
    assert found.text in found.sources[0].text
    # nothing but function words: there is no best sentence, but there is one
    words = ours.summarise("في من على إلى عن في من على إلى عن.", method="extractive")
    assert words.text


def test_a_brief_is_made_of_whole_sentences(ours):
    found = ours.summarise(ARTICLE, style="brief")
    assert (found.method, found.reason) == ("extractive", "this model does not write in the style brief")
    assert 1 < len(found.sources) <= 3
    assert found.text == " ".join(span.text for span in found.sources)
    assert len(found.text.split()) <= 60
    assert [span.start for span in found.sources] == sorted(span.start for span in found.sources)


def test_a_word_that_is_not_in_the_text_sends_auto_to_the_text():
    class Inventing(Summariser):
        def write_all(self, asked, *, grounded=True, settings=None, batch_size=None):
            return [("افتتح الزرافة عيادة جديدة", -1.0) for _ in asked]

    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    made = Inventing(lambda articles: None, tokenizer, SummariserSettings())
    auto = made.summarise(ARTICLE)
    assert (auto.method, auto.reason) == ("extractive", "not in the text: الزرافة")
    check(made, ARTICLE, auto, 14)
    kept = made.summarise(ARTICLE, method="abstractive")
    assert (kept.method, kept.text) == ("abstractive", "افتتح الزرافة عيادة جديدة")
    assert kept.supported == pytest.approx(3 / 4)


@pytest.mark.parametrize(("sure_from", "method"), [(None, "abstractive"), (-2.0, "abstractive"), (-0.5, "extractive")])
def test_auto_keeps_a_headline_that_the_model_is_sure_of(sure_from, method):
    class Sure(Summariser):
        def write_all(self, asked, *, grounded=True, settings=None, batch_size=None):
            return [(" ".join(one.text.split()[:4]), -1.0) for one in asked]

    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    made = Sure(lambda articles: None, tokenizer, SummariserSettings(sure_from=sure_from))
    assert made.summarise(ARTICLE).method == method
    assert made.summarise(ARTICLE, method="abstractive").method == "abstractive"


def test_a_model_that_writes_nothing_whole_falls_back():
    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    logits = np.zeros(tokenizer.get_vocab_size())
    logits[tokenizer.token_to_id("</s>")] = -1e9
    made = Summariser(lambda articles: lambda owners, prefixes: np.tile(logits, (len(prefixes), 1)), tokenizer, SummariserSettings())
    found = made.summarise(ARTICLE, method="abstractive", max_words=4)
    assert (found.method, found.reason) == ("extractive", "the model wrote nothing whole")


@pytest.mark.parametrize("rows", [-20, 20])
def test_a_model_may_have_fewer_or_more_rows_than_its_tokenizer_has_pieces(rows):
    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    size = tokenizer.get_vocab_size()
    logits = np.zeros(size + rows)
    logits[tokenizer.token_to_id("</s>")] = 1.0
    made = Summariser(lambda articles: lambda owners, prefixes: np.tile(logits, (len(prefixes), 1)), tokenizer, SummariserSettings())
    logits[list(made._free)] = -5.0  # where all is alike it would write marks alone
    headline, _ = made.write(ARTICLE, 8, min_words=3)
    assert 3 <= len(headline.split()) <= 8
    assert all(piece < size + rows for piece in made._pieces(headline))


def test_function_words_alone_are_no_headline(summary_model):
    """A model that likes nothing but «في» and «من» and the end."""
    made = Summariser.from_pretrained(summary_model[0], device="cpu")
    liked = [piece for word in ("في", "من", "علي", "عن") for piece in made._pieces(word)] + [1]
    logits = np.full(made._size, -20.0)
    logits[liked] = 5.0
    poor = Summariser(lambda articles: lambda owners, prefixes: np.tile(logits, (len(prefixes), 1)), made._tokenizer, made.settings)
    found = poor.summarise(ARTICLE)
    assert (found.method, found.reason) == ("extractive", "the model wrote nothing whole")


def test_onnx_gives_the_logits_that_torch_gives(summary_model, exported_summary):
    import torch
    from transformers import AutoModelForSeq2SeqLM

    made = Summariser.from_pretrained(exported_summary)
    model = AutoModelForSeq2SeqLM.from_pretrained(summary_model[0], dtype=torch.float32).eval()
    exact = Summariser.from_pretrained(summary_model[0], device="cpu")
    ids = [*made._pieces(" ".join(TEXTS[0].split()))[:40], 1]
    prefixes = [tuple(ids[:4]), tuple(ids[5:9]), (7, 8, 9, 10)]
    ours = made._decoder([ids])([0] * 3, prefixes)
    theirs = exact._decoder([ids])([0] * 3, prefixes)
    assert ours.shape == theirs.shape == (3, model.config.vocab_size)
    assert np.abs(ours - theirs).max() < 0.5 * theirs.std()
    assert np.abs(ours - theirs).mean() < 0.1 * theirs.std()
    # with the table that is stored, nothing but rounding in fp32 is left
    table = np.load(exported_summary / "embeddings.npz")
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(torch.from_numpy(table["rows"] * table["scale"]))
        rows = torch.tensor([[0, *prefix] for prefix in prefixes])
        same = model(input_ids=torch.tensor([ids] * 3), decoder_input_ids=rows).logits[:, -1].numpy()
    assert np.abs(ours - same).max() < 2e-3
    assert (ours.argmax(1) == same.argmax(1)).all()
    # a prefix alone and among others
    alone = made._decoder([ids])([0], prefixes[:1])
    assert np.abs(alone[0] - ours[0]).max() < 1e-3


def test_is_one(summary_model, topic_model, tmp_path):
    assert Summariser.is_one(summary_model[0])
    assert not Summariser.is_one(topic_model[0])
    assert not Summariser.is_one(tmp_path)


# --- other families -------------------------------------------------------------------------------


def _sentencepiece(path, specials: list[str], *, template: str, languages: list[str] = ()):
    """A tiny SentencePiece-like Unigram tokenizer with the special tokens of a family."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=220, special_tokens=[*specials, *languages], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    marks = [
        (name, tokenizer.token_to_id(name))
        for name in ("<s>", "</s>", *languages)
        if tokenizer.token_to_id(name) is not None
    ]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=marks)
    names = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"} | (
        {"bos_token": "<s>"} if "<s>" in specials else {}
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, additional_special_tokens=list(languages), **names
    ).save_pretrained(path)
    return tokenizer


def _bytes(path):
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.processors import RobertaProcessing
    from transformers import PreTrainedTokenizerFast

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        TEXTS * 3,
        vocab_size=500,
        min_frequency=2,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer._tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    ).save_pretrained(path)
    return tokenizer


SIZES = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 600,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
}


def _taught(model, path, *, forced: int | None = None) -> None:
    """Teach a tiny model by heart that a text's headline is its first words, and save it."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(path)
    clean = [" ".join(text.split()) for text in TEXTS]
    space = " " if "Ġ" in tokenizer.get_vocab() else ""
    read = tokenizer([space + text for text in clean], return_tensors="pt", padding=True)
    labels = tokenizer([space + " ".join(text.split()[:6]) for text in clean], return_tensors="pt", padding=True)[
        "input_ids"
    ]
    labels[labels == tokenizer.pad_token_id] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()
    for _ in range(60):
        model(input_ids=read["input_ids"], attention_mask=read["attention_mask"], labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    if forced is not None:
        model.generation_config.forced_bos_token_id = forced
    model.save_pretrained(path)


def bart_folder(path):
    from transformers import BartConfig, BartForConditionalGeneration

    tokenizer = _sentencepiece(path, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], template="<s> $A </s>")
    model = BartForConditionalGeneration(
        BartConfig(vocab_size=tokenizer.get_vocab_size(), decoder_start_token_id=2, **SIZES)
    )
    _taught(model, path, forced=0)


def byte_bart_folder(path):
    from transformers import BartConfig, BartForConditionalGeneration

    tokenizer = _bytes(path)
    model = BartForConditionalGeneration(
        BartConfig(vocab_size=tokenizer.get_vocab_size(), decoder_start_token_id=2, **SIZES)
    )
    _taught(model, path, forced=0)


def mbart_folder(path):
    from transformers import MBartConfig, MBartForConditionalGeneration

    tokenizer = _sentencepiece(
        path, ["<s>", "<pad>", "</s>", "<unk>"], template="$A </s> ar_AR", languages=["ar_AR", "en_XX"]
    )
    model = MBartForConditionalGeneration(
        MBartConfig(vocab_size=tokenizer.get_vocab_size(), decoder_start_token_id=4, **SIZES)
    )
    _taught(model, path)


def mt5_folder(path):
    from transformers import MT5Config, MT5ForConditionalGeneration

    tokenizer = _sentencepiece(path, ["<pad>", "</s>", "<unk>"], template="$A </s>")
    # mT5's own has more rows than its tokenizer has pieces
    config = MT5Config(
        vocab_size=tokenizer.get_vocab_size() + 12,
        d_model=32,
        d_kv=16,
        d_ff=48,
        num_layers=1,
        num_decoder_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    _taught(MT5ForConditionalGeneration(config), path)


def bert2bert_folder(path):
    """Two BERTs with cross-attention, whose positions are fewer than ``max_source``'s default and the marks."""
    from transformers import BertConfig, BertTokenizer, EncoderDecoderConfig, EncoderDecoderModel

    vocabulary = learn_vocabulary(TEXTS * 3, size=260, profile="lossless").get_vocab()
    tokenizer = BertTokenizer(vocab=vocabulary, do_lower_case=False, strip_accents=False)
    tokenizer.save_pretrained(path)
    half = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=512, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    shape = EncoderDecoderConfig.from_encoder_decoder_configs(half, half)
    shape.pad_token_id, shape.decoder_start_token_id = tokenizer.pad_token_id, tokenizer.cls_token_id
    model = EncoderDecoderModel(config=shape)
    model.generation_config.decoder_start_token_id = tokenizer.cls_token_id
    _taught(model, path)


FAMILIES = {
    "bart": bart_folder, "byte-level bart": byte_bart_folder, "mbart": mbart_folder, "mt5": mt5_folder,
    "bert2bert": bert2bert_folder,
}  # fmt: skip


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request, tmp_path_factory):
    import torch

    path = tmp_path_factory.mktemp("family")
    torch.manual_seed(3)
    FAMILIES[request.param](path)
    return request.param, path, Summariser.from_pretrained(path, device="cpu")


def test_a_family_writes_words_of_the_text_only(family):
    _, path, made = family
    assert Summariser.is_one(path)
    methods = []
    for text in TEXTS:
        for limit in (5, 14):
            summary = made.summarise(text, max_words=limit, method="abstractive")
            check(made, text, summary, limit)
            assert summary.text
            # a vowel mark is a part of a word, never written by itself
            assert {char for char in summary.text if unicodedata.combining(char)} <= set(text)
            methods.append(summary.method)
    assert methods.count("abstractive") >= len(methods) // 2, methods


def test_a_family_gives_a_summary_of_odd_text(family):
    _, _, made = family
    for text in (
        "",
        "Hello",
        "قال \ud800 " * 12,
        "😀 " * 12,
        "في من على إلى عن في من على إلى عن",
        ARTICLE.replace(" ", "\r\n"),
    ):
        check(made, text, made.summarise(text, max_words=6), 6)


def test_a_family_reads_the_text_as_its_tokenizer_marks_it(family):
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    name, path, made = family
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModelForSeq2SeqLM.from_pretrained(path).eval()
    text = " ".join(TEXTS[0].split())
    source = made._pieces(text)
    opening = {"mt5": [0], "mbart": [4], "bert2bert": [tokenizer.cls_token_id]}.get(name, [2, 0])
    prefix = tuple(made._pieces("افتتح مستشفى"))
    found = made._decoder([[*source, made.settings.end_id]])([0], [prefix])
    inputs = tokenizer(f" {text}" if name.startswith("byte") else text, return_tensors="pt")
    with torch.no_grad():
        expected = (
            model(input_ids=inputs["input_ids"], decoder_input_ids=torch.tensor([[*opening, *prefix]]))
            .logits[:, -1]
            .numpy()
        )
    assert np.abs(found - expected).max() < 1e-4


def test_articles_are_written_together_as_they_are_alone(family):
    """Each as long as it is, the others' padding hidden; some are done before others."""
    _, _, made = family
    texts = [TEXTS[0], "نعم", " ".join(TEXTS), TEXTS[1]]
    asked = {"method": "abstractive", "beams": 2, "max_words": 9}
    alone = [made.summarise(text, **asked) for text in texts]
    assert made.summarise_all(texts, batch_size=4, **asked) == alone
    assert made.summarise_all(texts, batch_size=2, **asked) == alone
    assert [one.method for one in alone].count("source") == 1
    assert made.summarise_all([], **asked) == []


@pytest.mark.filterwarnings("error:.*deprecated:FutureWarning")
def test_a_step_goes_on_from_what_was_kept_of_the_last(family):
    _, _, made = family
    read = [[*made._pieces(" ".join(text.split())), made.settings.end_id] for text in TEXTS[:2]]
    pieces = made._pieces("افتتح وزير الصحة")[:4]
    steps = made._decoder(read)
    for owners, prefixes in (
        ([0, 1], [(), ()]),
        ([0, 0, 1], [(pieces[0],), (pieces[1],), (pieces[2],)]),
        ([0, 1, 1], [(pieces[1], pieces[2]), (pieces[2], pieces[0]), (pieces[2], pieces[3])]),
        ([1], [(pieces[2], pieces[3], pieces[0])]),
        ([0], [tuple(pieces)]),  # of no prefix before
    ):
        found = steps(owners, prefixes)
        anew = [made._decoder([read[owner]])([0], [prefix])[0] for owner, prefix in zip(owners, prefixes, strict=True)]
        assert np.abs(found - np.stack(anew)).max() < 1e-4


def test_a_family_reads_as_much_of_a_long_text_as_it_has_positions_for(family):
    name, _, made = family
    text = " ".join(TEXTS * 30)
    read = []
    decoder = made._decoder
    made._decoder = lambda articles: read.extend(articles) or decoder(articles)
    try:
        # more pieces than the decoder of two BERTs has positions for
        check(made, text, made.summarise(text, max_words=200, method="abstractive"), 200)
    finally:
        made._decoder = decoder
    marks = 1 if name == "mt5" else 2
    assert {len(ids) - 1 + marks for ids in read} == {512}


def test_no_more_pieces_are_written_than_the_decoder_has_positions_for(tmp_path):
    bert2bert_folder(tmp_path)
    made = Summariser.from_pretrained(tmp_path, device="cpu")
    asked = []
    made._decoder = lambda articles: lambda owners, prefixes: asked.append(len(prefixes[0])) or np.tile(never, (len(prefixes), 1))
    never = np.zeros(made._size)
    never[made.settings.end_id] = -1e9
    made.write(" ".join(TEXTS * 30), 300)
    assert max(asked) == 511  # the start is one more


def test_a_pretrained_encoder_is_no_summariser(pretrained):
    with pytest.raises(ModelError, match="cannot be opened as a summariser"):
        Summariser.from_pretrained(pretrained[0])


def test_sources_are_found_through_prefixes_too():
    class Writing(Summariser):
        def write_all(self, asked, *, grounded=True, settings=None, batch_size=None):
            return [("وزير يفتتح مدرسة", -1.0) for _ in asked]

    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    article = "هطل المطر على القرية طوال الليل. ثم جاء الوزير صباحا وهو يفتتح المدرسة الجديدة هناك."
    found = Writing(lambda articles: None, tokenizer, SummariserSettings()).summarise(article)
    assert found.method == "abstractive"
    assert [source.text for source in found.sources] == ["ثم جاء الوزير صباحا وهو يفتتح المدرسة الجديدة هناك."]


# --- bounds, marks, grounding and long texts -------------------------------------------------------


@pytest.mark.parametrize("method", ["auto", "abstractive", "extractive"])
@pytest.mark.parametrize("style", ["headline", "brief"])
@pytest.mark.parametrize(("least", "most"), [(4, 6), (9, 9), (12, 14), (25, 30)])
def test_the_fewest_words_are_kept_to_where_the_text_has_them(ours, method, style, least, most):
    text = TEXTS[0] + " " + TEXTS[2]
    assert len(text.split()) > 40
    found = ours.summarise(text, style=style, min_words=least, max_words=most, method=method)
    check(ours, text, found, most)
    assert len(found.text.split()) >= least
    short = ours.summarise(TEXTS[1], style=style, min_words=200, max_words=300, method=method)
    assert 0 < len(short.text.split()) <= len(TEXTS[1].split())


def test_quotations_that_go_on_past_a_sentence_leave_no_mark_behind(ours):
    text = (
        'وقال الوزير "سنبني الجسر الجديد على النهر في العام المقبل. ولن نزيد كلفته على ما أعلن (وهي كبيرة. '
        "وأضاف» أن العمال وصلوا إلى الموقع."
    )
    for style in ("headline", "brief"):
        for limit in (4, 9, 14, 40):
            check(ours, text, ours.summarise(text, style=style, max_words=limit), limit)


def _made(write) -> Summariser:
    class Writing(Summariser):
        def write_all(self, asked, *, grounded=True, settings=None, batch_size=None):
            return [(write(grounded), -1.0) for _ in asked]

    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    return Writing(lambda articles: None, tokenizer, SummariserSettings())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_target": 0}, "max_target must be 1 at least, or null for no bound"),
        ({"max_target": -1}, "max_target must not be negative, not -1"),
        ({"read_first": -1}, "read_first must not be negative, not -1"),
        ({"written_first": -2}, "written_first must not be negative, not -2"),
    ],
)
def test_marks_and_bounds_that_no_model_can_have_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SummariserSettings(**settings)


def test_what_is_not_in_the_text_is_written_anew_under_the_constraint_then_cut_out():
    asked = []

    def write(grounded: bool) -> str:
        asked.append(grounded)
        return "مستشفى المنارة عيادة جديدة" if grounded else "مستشفى المنارة 7 عيادات"

    found = _made(write).summarise(ARTICLE, grounded=False)
    assert (found.method, found.text, found.supported) == ("abstractive", "مستشفى المنارة عيادة جديدة", 1.0)
    assert asked == [False, True]
    assert [source.text for source in found.sources] == [ARTICLE.partition(" وقال")[0]]
    asked.clear()
    # number and plural are made up; asked for what the model itself writes, one gets it with the share that stands
    kept = _made(write).summarise(ARTICLE, grounded=False, method="abstractive")
    assert (kept.text, asked) == ("مستشفى المنارة 7 عيادات", [False])
    assert kept.supported == pytest.approx(2 / 4)
    cut = _made(lambda grounded: "افتتح الزرافة عيادة").summarise(ARTICLE, grounded=False)
    assert (cut.method, cut.reason) == ("extractive", "not in the text: الزرافة")
    # with nothing made up, nothing is written twice
    asked.clear()
    _made(lambda grounded: asked.append(grounded) or "افتتح مستشفى المنارة عيادة").summarise(ARTICLE, grounded=False)
    assert asked == [False]


def test_without_the_constraint_the_model_writes_what_it_likes(summary_model):
    made = Summariser.from_pretrained(summary_model[0], device="cpu")
    logits = np.full(made._size, -20.0)
    liked = made._pieces("نادر يفوز")
    logits[liked] = 5.0 - np.arange(len(liked)) / 10  # none like another: a search among equals may never end
    logits[1] = 5.5
    free = Summariser(lambda articles: lambda owners, prefixes: np.tile(logits, (len(prefixes), 1)), made._tokenizer, made.settings)
    text = "هطلت أمطار غزيرة على السدرة مساء مع رياح شديدة في الليل كله."
    assert support(free.write(text, 14, min_words=5, grounded=False)[0], text)[1]
    assert not support(free.write(text, 14, grounded=True)[0], text)[1]


def test_a_long_text_is_read_through_its_beginning_and_its_best_sentences(ours):
    odd = ["".join(letters) for letters in itertools.product("بتجحدرسع", repeat=4)]
    filler = [" ".join(odd[at : at + 5]) + "." for at in range(0, 2000, 5)]  # no word twice
    told = "افتتح مستشفى المنارة عيادة جديدة لأمراض القلب."
    more = [f"وقال مدير مستشفى المنارة {number} إن العيادة الجديدة لأمراض القلب كبيرة." for number in range(20)]
    text = " ".join([told, *filler, *more])
    room = ours.settings.max_source - 1
    read = ours._read(text, ours._clean(text))
    assert len(read) <= room
    lead = ours._pieces(ours._clean(text))[: room * 3 // 4]
    assert read[: len(lead)] == lead
    shown = ours._tokenizer.decode(read)
    assert "العيادة الجديدة" in shown  # from far into the text
    short = "افتتح مستشفى المنارة عيادة."
    assert ours._read(short, short) == ours._pieces(short)
    for method in ("abstractive", "extractive"):
        check(ours, text, ours.summarise(text, method=method), 14)


def _reading(**settings) -> Summariser:
    """One that cannot write."""
    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    return Summariser(lambda articles: None, tokenizer, SummariserSettings(**settings))


def test_a_text_without_stops_is_read_as_far_as_there_is_room():
    made = _reading(profile="tidy", max_source=100)
    text = "افتتح مستشفى المنارة عيادة جديدة لأمراض القلب " * 60
    assert made._read(text, made._clean(text)) == made._pieces(made._clean(text))[:99]


def test_what_the_best_sentences_leave_of_the_room_is_filled_from_where_the_beginning_ends():
    made = _reading(profile="tidy", max_source=200)
    long = "وقال الطبيب سالم إن المرضى سيجدون العلاج مجانا " * 30
    text = f"{long.strip()}. توقع الراصد كريم انخفاض درجات الحرارة غدا."
    pieces, last = made._pieces(made._clean(text)), made._pieces("توقع الراصد كريم انخفاض درجات الحرارة غدا.")
    read = made._read(text, made._clean(text))
    assert len(read) == 199
    assert read == [*pieces[: 199 - len(last)], *last]  # the chosen one after it, nothing twice
    # where the chosen sentence follows right after the beginning, it is read once
    near = f"{' '.join(long.split()[:45])}. " + "حصل الأطفال على اللقاح بعد الافتتاح. " * 40
    read, whole = made._read(near, made._clean(near)), made._pieces(made._clean(near))
    assert len(read) == 199 and read[:150] == whole[:150]


# --- what is asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"max_words": 0}, "max_words must be a positive whole number, not 0"),
        ({"max_words": -3}, "max_words must be a positive whole number, not -3"),
        ({"max_words": True}, "max_words must be a positive whole number, not True"),
        ({"max_words": 2.5}, "max_words must be a positive whole number, not 2.5"),
        ({"min_words": 0}, "min_words must be a positive whole number, not 0"),
        ({"min_words": 15}, "min_words 15 is more than max_words, 14"),
        ({"style": "brief", "min_words": 61}, "min_words 61 is more than max_words, 60"),
        ({"min_words": 5, "max_words": 4}, "min_words 5 is more than max_words, 4"),
        ({"style": "x"}, "unknown style 'x': choose from headline, brief"),
        ({"method": "bogus"}, "unknown method 'bogus': choose from auto, abstractive, extractive"),
        ({"beams": 0}, "beams must be a positive whole number, not 0"),
        ({"beams": 65}, "beams must lie between 1 and 64, not 65"),
        ({"length_penalty": -11}, "length_penalty must be a number within 10 of 0, not -11"),
        ({"length_penalty": float("nan")}, "length_penalty must be a number within 10 of 0, not nan"),
        ({"length_penalty": True}, "length_penalty must be a number within 10 of 0, not True"),
        ({"length_penalty": "1"}, "length_penalty must be a number within 10 of 0, not '1'"),
        ({"batch_size": 0}, "batch_size must be a positive whole number, not 0"),
        ({"batch_size": True}, "batch_size must be a positive whole number, not True"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_class_itself(asked, message):
    for text in (ARTICLE, ""):
        with pytest.raises(ValueError, match=message):
            _reading().summarise(text, **asked)
    with pytest.raises(ValueError, match=message):
        check_summary(**asked)


def test_cutting_to_fewer_words_than_there_can_be_ends():
    """As ``summarise`` did before it looked at what it was asked."""
    for text in (ARTICLE, 'قال"نعم«لا»ثم(ذهب'):
        for limit in (0, 1):
            assert extract(Asked(text, limit), "brief").text


# --- settings of strangers' models --------------------------------------------------------------------


def _restated(path, target, *, generation: dict | None = None, own: dict | None = None, config: dict | None = None):
    """Copy a folder, its configs restated, and open it."""
    import shutil

    shutil.copytree(path, target)
    shape = json.loads((target / "config.json").read_text(encoding="utf-8")) | (config or {})
    if own is not None:
        shape["tasrih"] = own
    (target / "config.json").write_text(json.dumps(shape), encoding="utf-8")
    if generation is None:
        (target / "generation_config.json").unlink(missing_ok=True)
    else:
        stored = json.loads((target / "generation_config.json").read_text(encoding="utf-8"))
        (target / "generation_config.json").write_text(json.dumps(stored | generation), encoding="utf-8")
    found = Summariser.from_pretrained(target, device="cpu").settings
    return found.beams, found.length_penalty, found.no_repeat, found.no_repeat_words


THEIRS = {"num_beams": 6, "length_penalty": 0.6, "no_repeat_ngram_size": 3}
OURS = {"profile": "tidy", "beams": 2, "length_penalty": 1.5, "no_repeat": 4}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, (4, 1.0, 0, 2)),
        ({"generation": {}}, (4, 1.0, 0, 2)),
        ({"generation": THEIRS}, (6, 0.6, 3, 0)),
        ({"generation": {"num_beams": 1, "no_repeat_ngram_size": 0}}, (1, 1.0, 0, 2)),
        ({"config": THEIRS}, (6, 0.6, 3, 0)),  # as old models have it
        ({"generation": THEIRS, "own": OURS}, (2, 1.5, 4, 0)),
        ({"generation": THEIRS, "own": {"beams": 3}}, (3, 0.6, 3, 0)),
        ({"generation": THEIRS, "own": {"no_repeat": 0}}, (6, 0.6, 0, 2)),
        ({"own": OURS | {"no_repeat_words": 3}}, (2, 1.5, 4, 3)),
        ({"own": {"no_repeat_words": 0}}, (4, 1.0, 0, 0)),
    ],
)
def test_a_model_searches_as_its_configs_state(mt5_family, tmp_path, stated, expected):
    assert _restated(mt5_family, tmp_path / "model", **stated) == expected


@pytest.fixture(scope="module")
def mt5_family(tmp_path_factory):
    import torch

    path = tmp_path_factory.mktemp("mt5-stated")
    torch.manual_seed(3)
    mt5_folder(path)
    return path


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"beams": 65}, "beams must lie between 1 and 64, not 65"),
        ({"length_penalty": 1e6}, "length_penalty must lie within 10 of 0"),
        ({"no_repeat": -1}, "no_repeat must not be negative, not -1"),
        ({"styles": ["poem"]}, "unknown style 'poem' in styles: choose from headline, brief"),
    ],
)
def test_stored_settings_that_cannot_be_are_named(mt5_family, tmp_path, own, message):
    with pytest.raises(ModelError, match=message):
        _restated(mt5_family, tmp_path / "model", own=own)


def test_the_settings_reach_the_search(monkeypatch):
    from tasrih.models import summariser

    asked = {}

    def search(**options):
        asked.update(options)
        return []
        yield

    monkeypatch.setattr(summariser, "beam_search", search)
    monkeypatch.setattr(summariser, "search_together", lambda scores, searches: [list(one) for one in searches])
    monkeypatch.setattr(Summariser, "_best", lambda *_: ("", 0.0))
    made = _reading(beams=3, length_penalty=0.6, no_repeat=5, no_repeat_words=3)
    made.summarise(ARTICLE, beams=1, length_penalty=2)
    assert (asked["beams"], asked["length_penalty"]) == (1, 2)
    made.summarise(ARTICLE)  # what one call asks for is that call's
    assert {name: asked[name] for name in ("beams", "length_penalty", "no_repeat", "no_repeat_words")} == {
        "beams": 3, "length_penalty": 0.6, "no_repeat": 5, "no_repeat_words": 3,
    }  # fmt: skip


def test_a_word_is_written_twice_but_not_in_a_row():
    """A model that likes «زلزال», of several pieces, and «علاج»."""
    text = "علاج زلزال ينجح بعد لقاح زلزال ينجح أيضا في كل مستشفى من مستشفيات المنارة هذا اليوم"
    tokenizer = learn_seq2seq_vocabulary(TEXTS, size=300, profile="tidy", min_frequency=1)
    wanted = ["علاج", "زلزال", "لقاح", "زلزال", "زلزال"]
    pieces = [tokenizer.encode(word, add_special_tokens=False).ids for word in wanted]
    assert len(pieces[1]) > 1
    script = [piece for word in pieces for piece in word]

    def decoder(articles):
        def logits(owners, prefixes):
            rows = np.full((len(prefixes), tokenizer.get_vocab_size()), -20.0)
            for row, prefix in zip(rows, prefixes, strict=True):
                row[1] = -1.0
                if len(prefix) < len(script):
                    row[script[len(prefix)]] = 5.0
            return rows

        return logits

    def written(**settings) -> str:
        made = Summariser(decoder, tokenizer, SummariserSettings(profile="tidy", beams=1, **settings))
        return made.write(text, 14)[0]

    assert written(no_repeat_words=0).split() == wanted
    found = written().split()
    assert found[:4] == wanted[:4] and found.count("زلزال") == 2
    # a rule for two pieces lets the word of several stand once
    assert written(no_repeat_words=0, no_repeat=2).split().count("زلزال") == 1


@pytest.mark.parametrize(("profile", "expected"), [("news", "مستشفى المنارة إلى غاية الآن"), ("tidy", "مستشفي المناره الي غايه الان")])
def test_what_folded_letters_write_is_spelled_as_in_the_text(profile, expected):
    """Function words can be written too, by a vocabulary that knows neither hamzas nor alef maqsura."""
    text = "افتُتح مُستشفى المنارة أمس، وهو مغلق لغاية الآن، وقال المدير إنه يعالج المرضى مجانا"
    script_words = "مستشفي المناره الي غايه الان".split()
    tokenizer = learn_vocabulary([text, *script_words] * 9, size=400, profile="news")
    pieces = [tokenizer.encode(word, add_special_tokens=False).ids for word in script_words]
    script, end = [piece for word in pieces for piece in word], tokenizer.token_to_id("[SEP]")

    def decoder(articles):
        def logits(owners, prefixes):
            rows = np.full((len(prefixes), tokenizer.get_vocab_size()), -20.0)
            for row, prefix in zip(rows, prefixes, strict=True):
                row[end] = -1.0
                if len(prefix) < len(script):
                    row[script[len(prefix)]] = 5.0
            return rows

        return logits

    made = Summariser(
        decoder, tokenizer, SummariserSettings(profile=profile, beams=1, start_id=2, end_id=end, unknown_id=1)
    )
    assert made.write(text, 14, grounded=False)[0] == expected
    if profile == "news":
        assert made.write(text, 14)[0] == expected
        assert made.summarise(text, method="abstractive").supported == 1.0


def test_styles_are_what_the_caller_says(mt5_family):
    assert Summariser.from_pretrained(mt5_family, device="cpu").settings.styles == ("headline",)
    made = Summariser.from_pretrained(mt5_family, device="cpu", styles=["brief"])
    assert made.summarise(TEXTS[0], style="brief", method="abstractive").method == "abstractive"
    found = made.summarise(TEXTS[0], method="abstractive")
    assert (found.method, found.reason) == ("extractive", "this model does not write in the style headline")
    with pytest.raises(ValueError, match=r"styles must be a list of names, not 'brief': give \['brief'\]"):
        Summariser.from_pretrained(mt5_family, device="cpu", styles="brief")
    with pytest.raises(ValueError, match="unknown style 'poem'"):
        Summariser.from_pretrained(mt5_family, device="cpu", styles=["poem"])


# --- what may be written --------------------------------------------------------------------------------


def test_a_name_keeps_its_letters_and_every_word_that_may_be_written_stands_in_the_text(ours):
    def may(made: Summariser, text: str, word: str) -> bool:
        node, pieces = made._trie(made._clean(text)).root, made._pieces(word)
        for piece in pieces:
            if piece not in node:
                return False
            node = node[piece]
        return -1 in node

    text = "وصل من لبنان وفد إلى بغداد للحكومة والوزير بالرياض صباحا ودرجة الحرارة -5 مع 1,000 زائر"
    for word in ("لبنان", "بغداد", "والوزير", "وزير", "بالرياض", "رياض", "حكومة", "-5", "1,000"):
        assert may(ours, text, word), word
    for word in ("بنان", "غداد", "صل", "فد", "5", "1000"):
        assert not may(ours, text, word), word


def test_a_number_keeps_its_sign_in_a_headline():
    from tasrih.models.summariser import _tidy

    assert _tidy("-5 درجات في المنارة -") == "-5 درجات في المنارة"
    assert _tidy("- 5 درجات") == "5 درجات"
    assert _tidy("- الوزير: نعم.") == "الوزير: نعم"


def test_marks_stand_at_their_words_in_a_headline():
    """A WordPiece vocabulary parts every mark from the words beside it."""
    from tasrih.models.summariser import _tidy

    assert _tidy('الوزير : لقاء " ناتو " ( اليوم ) ، وبعده') == 'الوزير: لقاء "ناتو" (اليوم)، وبعده'
    assert _tidy("فاز 3 : 2 ، وعاد") == "فاز 3 : 2 ، وعاد"  # what stands between numbers is theirs
    assert _tidy('قال " نعم') == "قال نعم"
    assert _tidy("هل فاز ؟") == "هل فاز؟"
