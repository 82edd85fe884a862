"""Fine-tuning encoder-decoders: AraBART's classes, BART's and mT5's, from folder to headline."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from tasrih.data.corpus import Article
from tasrih.data.guard import HeldOut
from tasrih.errors import ModelError
from tasrih.models.files import PRETRAINED
from tasrih.models.summariser import Summariser
from tasrih.training.bases import open_tokenizer
from tasrih.training.derived_pairs import GAP
from tasrih.training.seq2seq import (
    Pairs,
    Seq2SeqConfig,
    _pairs_of,
    check_lengths,
    encode_pairs,
    open_seq2seq,
    read_pairs,
    train_seq2seq,
)


def config(base="base", output="out", **changes) -> Seq2SeqConfig:
    settings = {
        "train": [Pairs("set")], "validation": Pairs("set", "validation"), "source": 48, "target": 12, "epochs": 1,
        "batch_size": 8, "learning_rate": 3e-3, "beams": 2, "bf16": False, "sureness_articles": 2,
    }  # fmt: skip
    return Seq2SeqConfig(str(base), str(output), **{**settings, **changes})


@pytest.mark.parametrize("family", ["arabart", "mt5", "bart"])
def test_each_family_trains_saves_and_writes(family, headline_files, world, tmp_path, request):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    base = request.getfixturevalue(family)
    made = config(
        base, tmp_path / "out", train=[Pairs(str(headline_files))], validation=Pairs(str(headline_files), "validation")
    )
    result = train_seq2seq(made, world.root)
    assert result["pairs"] == 48
    assert 0 <= result["validation"]["rouge_l"] <= 1
    assert set(result["sureness"]) >= {"sure_from", "rouge_l_extractive"}
    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "out")
    assert type(model) is type(AutoModelForSeq2SeqLM.from_pretrained(base))
    # mT5 writes by a matrix of its own, the others by their embeddings
    assert (model.lm_head.weight is model.get_input_embeddings().weight) == (family != "mt5")
    profile = {"arabart": "arabart", "mt5": "mt5", "bart": "lossless"}[family]
    assert (model.config.tasrih["profile"], model.config.tasrih["max_source"]) == (profile, 48)
    assert model.generation_config.num_beams == 2
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert len(tokenizer) == model.config.vocab_size
    assert tokenizer("قال")["input_ids"][-1] == tokenizer.eos_token_id  # also where it is opened again
    stored = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [part["rows"] for part in stored["data"]] == [48, 12]
    assert not (tmp_path / "out" / "checkpoints").exists()
    text = "رحب وزير الصحة أمس بنتائج الاتفاق الجديد في بلدة الزرقة أمام أهالي البلدة وممثلي النقابة."
    # barely trained, it need not come to an end by itself
    summary = Summariser.from_pretrained(tmp_path / "out", device="cpu").summarise(text, method="abstractive")
    assert summary.text and summary.method in ("abstractive", "extractive")


def test_a_model_learns_its_headlines(mt5, headline_files, world, tmp_path):
    """Loss falls to well under that of the vocabulary's chance, so that labels and shifts are right."""
    made = config(
        mt5, tmp_path, train=[Pairs(str(headline_files))], validation=Pairs(str(headline_files), "validation"),
        epochs=12, learning_rate=1e-2, label_smoothing=0.0, sureness_articles=0,
    )  # fmt: skip
    made = replace(made, beams=3, length_penalty=0.6, no_repeat=5)
    result = train_seq2seq(made, world.root)
    assert result["validation"]["loss"] < 3.5  # ln 220 is 5.4
    assert "sureness" not in result
    # what the epochs were compared under is what the model writes under
    opened = Summariser.from_pretrained(tmp_path, device="cpu").settings
    assert (opened.beams, opened.length_penalty, opened.no_repeat, opened.no_repeat_words) == (3, 0.6, 5, 0)


@pytest.mark.slow
def test_seeds_are_told_with_mean_and_deviation_and_the_best_is_kept(mt5, headline_files, world, tmp_path):
    import torch
    from safetensors.torch import load_file

    made = config(
        mt5, tmp_path / "all", train=[Pairs(str(headline_files))], validation=Pairs(str(headline_files), "validation"),
        sureness_articles=0, seeds=[1, 2], learning_rate=1e-2, epochs=2,
    )  # fmt: skip
    result = train_seq2seq(made, world.root)
    each = [result["seeds"][seed]["rouge_l"] for seed in ("1", "2")]
    assert result["seeds"]["mean"]["rouge_l"] == pytest.approx(sum(each) / 2)
    assert result["seeds"]["deviation"]["rouge_l"] == pytest.approx(abs(each[0] - each[1]) / 2**0.5)
    assert result["validation"]["rouge_l"] == max(each)
    assert set(json.loads((tmp_path / "all" / "train_log.json").read_text())) == {"seed-1", "seed-2"}
    best = 1 + each.index(max(each))
    train_seq2seq(replace(made, seeds=[], seed=best, output=str(tmp_path / "one")), world.root)
    ours, alone = (load_file(tmp_path / name / "model.safetensors") for name in ("all", "one"))
    assert set(ours) == set(alone)
    assert all(torch.allclose(ours[name], alone[name], atol=1e-6) for name in ours)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_step_in_parts_is_the_same_step(mt5, headline_files, world, tmp_path, smoothing):
    """Up to dropout, and the parts' unlike numbers of tokens: twice the loss would be seen."""
    losses = []
    for parts in (1, 2):
        made = config(
            mt5, tmp_path / str(parts), train=[Pairs(str(headline_files))], accumulate=parts, log_steps=1,
            validation=Pairs(str(headline_files), "validation"), sureness_articles=0, label_smoothing=smoothing,
        )  # fmt: skip
        train_seq2seq(made, world.root)
        log = json.loads((tmp_path / str(parts) / "train_log.json").read_text())["seed-1"]
        losses.append([line["loss"] for line in log if "loss" in line])
    assert len(losses[0]) == 6
    assert losses[1] == pytest.approx(losses[0], rel=0.15)


def test_what_targets_begin_with_is_written_first(arabart, mt5):
    model, tokenizer = open_seq2seq(config(arabart))
    assert model.generation_config.forced_bos_token_id == tokenizer.bos_token_id == 0
    assert tokenizer("قال")["input_ids"][-1] == tokenizer.eos_token_id == 2
    model, _ = open_seq2seq(config(mt5))
    assert model.generation_config.forced_bos_token_id is None


def test_articles_are_cut_and_folded_by_the_profile(mt5):
    from tasrih.data.corpus import Article

    made = config(mt5, profile="camelbert", source=6)
    _, tokenizer = open_seq2seq(made)
    (item,) = encode_pairs([Article("1", "قَالَ\nالوزيـــر " * 20, "قال الوزير")], tokenizer, made)
    assert len(item["input_ids"]) == 6
    assert item["input_ids"][-1] == tokenizer.eos_token_id
    assert item["labels"] == tokenizer("قال الوزير")["input_ids"]


def test_the_guard_stands_before_the_pairs(mt5, world, tmp_path):
    made = config(
        mt5, tmp_path, train=[Pairs("corpus", "saudinewsnet")], validation=Pairs("summarisation/tiny", "test"),
        sureness_articles=0,
    )  # fmt: skip
    result = train_seq2seq(made, world.root)
    # of the two planted articles one has no headline, so that it is no pair
    assert result["removed_by_guard"] == {"corpus/saudinewsnet": 1}


def test_articles_of_the_validation_set_are_no_pairs(mt5, headline_files, tmp_path):
    files = Pairs(str(headline_files), "validation")
    with pytest.raises(ValueError, match=r"train gives 0 pairs and validation 12: both need some \(of train 12 articles"):
        train_seq2seq(config(mt5, tmp_path / "out", train=[files], validation=files), tmp_path / "no-root")


def test_a_hub_set_is_read_in_its_configuration(monkeypatch, tmp_path):
    import datasets

    table = datasets.Dataset.from_list([{"text": "نص الخبر", "title": "عنوان"}])
    asked = []
    monkeypatch.setattr(
        datasets, "load_dataset", lambda *names: asked.append(names) or datasets.DatasetDict({"train": table})
    )
    assert read_pairs(Pairs("owner/news", config="arabic"), tmp_path)[0].title == "عنوان"
    assert asked == [("owner/news", "arabic")]
    (tmp_path / "news.csv").write_text("text,title\nنص,عنوان\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"config 'arabic': .* is a file or folder here"):
        read_pairs(Pairs(str(tmp_path / "news.csv"), config="arabic"), tmp_path)


def test_columns_are_named(tmp_path):
    (tmp_path / "news.csv").write_text("body,head\nنص الخبر هنا,عنوان الخبر\nنص بلا عنوان,\n", encoding="utf-8")
    source = Pairs(str(tmp_path / "news.csv"), text="body", summary="head")
    assert [(row.text, row.title) for row in read_pairs(source, tmp_path)] == [("نص الخبر هنا", "عنوان الخبر")]
    with pytest.raises(ValueError, match=r"no column 'title': it has body, head"):
        read_pairs(Pairs(str(tmp_path / "news.csv"), text="body"), tmp_path)
    with pytest.raises(FileNotFoundError):
        read_pairs(Pairs(str(tmp_path / "nowhere.csv")), tmp_path)


def test_an_empty_split_is_refused_and_never_taken_for_another(tmp_path):
    line = json.dumps({"text": "نص الخبر", "title": "عنوان"})
    (tmp_path / "train.jsonl").write_text(line + "\n", encoding="utf-8")
    (tmp_path / "validation.jsonl").write_text("", encoding="utf-8")
    assert len(read_pairs(Pairs(str(tmp_path)), tmp_path)) == 1
    with pytest.raises(ValueError, match=r"split 'validation' of .* has no rows: fill it, or name another"):
        read_pairs(Pairs(str(tmp_path), "validation"), tmp_path)
    # a file is one split, whatever its name
    assert len(read_pairs(Pairs(str(tmp_path / "train.jsonl"), "validation"), tmp_path)) == 1


def _train_until(kill, made, world, monkeypatch) -> None:
    """Train until a callback kills the run."""
    from tasrih.training import seq2seq

    whole = seq2seq._trainer

    def killed(*arguments):
        trainer = whole(*arguments)
        trainer.add_callback(kill)
        return trainer

    with monkeypatch.context() as patch:
        patch.setattr(seq2seq, "_trainer", killed)
        with pytest.raises(KeyboardInterrupt):
            train_seq2seq(made, world.root)


def test_a_killed_run_goes_on_to_the_same_weights(mt5, headline_files, world, tmp_path, monkeypatch):
    import torch
    from safetensors.torch import load_file
    from transformers import TrainerCallback

    class Kill(TrainerCallback):
        def on_save(self, *arguments, **options):
            raise KeyboardInterrupt

    files = shutil.copytree(headline_files, tmp_path / "files")
    made = config(
        mt5, tmp_path / "killed", train=[Pairs(str(files))], validation=Pairs(str(files), "validation"), epochs=2,
        sureness_articles=0, log_steps=1,
    )  # fmt: skip
    _train_until(Kill(), made, world, monkeypatch)
    rows = (files / "train.jsonl").read_text(encoding="utf-8")
    (files / "train.jsonl").write_text(rows.replace("فاز", "خسر"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"resume: the run in .*killed was begun with other rows of .*files/train"):
        train_seq2seq(replace(made, resume=True), world.root)
    (files / "train.jsonl").write_text(rows, encoding="utf-8")
    result = train_seq2seq(replace(made, resume=True), world.root)
    unbroken = train_seq2seq(replace(made, output=str(tmp_path / "unbroken")), world.root)
    assert result["validation"]["rouge_l"] == unbroken["validation"]["rouge_l"]
    ours, theirs = (load_file(tmp_path / name / "model.safetensors") for name in ("killed", "unbroken"))
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in theirs)
    assert json.loads((tmp_path / "killed" / "run.json").read_text())["resumed"]


@pytest.mark.parametrize("epoch", [2, 3])
def test_a_killed_run_stops_early_where_it_would_have(epoch, mt5, headline_files, world, tmp_path, monkeypatch):
    """How often it was no better is told in the checkpoint: at a rate of nothing no score is better than the first."""
    from transformers import TrainerCallback

    class Kill(TrainerCallback):
        def on_save(self, arguments, state, control, **options):
            if state.epoch >= epoch:
                raise KeyboardInterrupt

    made = config(
        mt5, tmp_path / "killed", train=[Pairs(str(headline_files))], validation=Pairs(str(headline_files), "validation"),
        sureness_articles=0, epochs=6, patience=2, learning_rate=1e-12, beams=1,
    )  # fmt: skip
    _train_until(Kill(), made, world, monkeypatch)
    train_seq2seq(replace(made, resume=True), world.root)
    train_seq2seq(replace(made, output=str(tmp_path / "unbroken")), world.root)
    ends = [
        max(line["epoch"] for line in json.loads((tmp_path / name / "train_log.json").read_text())["seed-1"])
        for name in ("killed", "unbroken")
    ]
    assert ends == [3, 3]


@pytest.mark.parametrize("family", ["bert", "xlm_roberta", "pretrained"])
def test_an_encoder_is_given_a_decoder_and_learns_to_write(family, headline_files, world, tmp_path, request):
    """Its embeddings begin as the encoder's, and what is saved opens and writes as any encoder-decoder does."""
    import torch
    from transformers import AutoModel, AutoModelForSeq2SeqLM, AutoTokenizer

    base = request.getfixturevalue(family)
    base = base[0] if family == "pretrained" else base
    made = config(
        base, tmp_path / "out", train=[Pairs(str(headline_files))], validation=Pairs(str(headline_files), "validation"),
        decoder_layers=2, epochs=6, label_smoothing=0.0, sureness_articles=0, freeze_embeddings=family == "pretrained",
    )  # fmt: skip
    fresh, tokenizer = open_seq2seq(made)
    encoder = AutoModel.from_pretrained(base)
    words = encoder.get_input_embeddings().weight
    assert torch.equal(fresh.get_encoder().get_input_embeddings().weight, words)
    assert torch.equal(fresh.decoder.get_input_embeddings().weight, words)
    assert fresh.decoder.get_output_embeddings().weight is fresh.decoder.get_input_embeddings().weight
    train_seq2seq(made, world.root)
    lines = json.loads((tmp_path / "out" / "train_log.json").read_text())["seed-1"]
    found = [line["eval_loss"] for line in lines if "eval_loss" in line]
    assert found[-2] < found[0] < torch.tensor(float(len(tokenizer))).log() + 0.5
    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "out")
    assert model.config.decoder.num_hidden_layers == 2
    for half in (model.get_encoder(), model.decoder):
        assert torch.equal(half.get_input_embeddings().weight, words) == (family == "pretrained")
    assert len(AutoTokenizer.from_pretrained(tmp_path / "out")) == model.config.decoder.vocab_size
    opened = Summariser.from_pretrained(tmp_path / "out", device="cpu").settings
    assert (opened.start_id, opened.end_id) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert (opened.max_source, opened.styles) == (48, ("headline",))


def test_an_encoder_whose_embeddings_are_narrower_is_given_a_decoder(bert, tmp_path):
    import torch
    from transformers import ElectraConfig, ElectraModel

    shape = ElectraConfig(
        vocab_size=len(open_tokenizer(str(bert))), embedding_size=8, hidden_size=16, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=16, max_position_embeddings=32,
    )  # fmt: skip
    ElectraModel(shape).save_pretrained(tmp_path)
    open_tokenizer(str(bert)).save_pretrained(tmp_path)
    model, tokenizer = open_seq2seq(config(tmp_path, source=16, target=8))
    (item,) = encode_pairs([Article("a", "قال الوزير", "قال")], tokenizer, config(profile="lossless"))
    with torch.no_grad():
        loss = model(**{name: torch.tensor([ids]) for name, ids in item.items()}).loss
    assert torch.isfinite(loss)


def test_an_exported_classifier_is_no_base_for_writing():
    with pytest.raises(ModelError, match=r"base .*topic is an exported classifier, which AutoModel cannot go on from"):
        open_seq2seq(config(PRETRAINED / "topic"))


@pytest.mark.parametrize(
    ("family", "changes", "message"),
    [
        ("arabart", {"source": 4096}, "source 4096 is more than .* has positions for: at most"),
        ("arabart", {"target": 4096}, "target 4096 is more than .* has positions for: at most"),
        ("xlm_roberta", {"source": 513}, "source 513 is more than .* has positions for: at most"),
    ],
)
def test_lengths_that_a_base_has_no_positions_for_are_refused(family, changes, message, request, world, tmp_path):
    base = request.getfixturevalue(family)
    made = config(base, tmp_path / "out", train=[Pairs("nowhere")], **changes)
    with pytest.raises(ValueError, match=message):
        train_seq2seq(made, world.root)


def test_relative_positions_and_new_decoders_have_no_bound(mt5, bert):
    check_lengths(config(mt5, source=4096, target=4096))
    check_lengths(config(bert, source=16, target=4096))


def test_a_stage_over_a_writer_is_held_against_each_half(bert, tmp_path):
    model, tokenizer = open_seq2seq(config(bert, target=12))
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    check_lengths(config(tmp_path, source=16, target=14))
    with pytest.raises(ValueError, match=r"target 15 is more than .* has positions for: at most 14"):
        check_lengths(config(tmp_path, source=16, target=15))


def test_what_marks_a_gap_stands_for_nothing_where_an_article_has_it(bert, world, tmp_path):
    tokenizer = open_tokenizer(str(bert))
    some = [Article("a", f"قال{GAP}الوزير.", f"قال {GAP}")]
    (pair,) = _pairs_of(some, Pairs("set"), config())
    (item,) = encode_pairs([pair], tokenizer, config(profile="lossless"))
    assert tokenizer.mask_token_id not in item["input_ids"] + item["labels"]
    assert pair.text == "قال الوزير."


def test_what_is_no_encoder_is_refused(bert, tmp_path):
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    GPT2LMHeadModel(GPT2Config(vocab_size=99, n_embd=8, n_layer=1, n_head=1)).save_pretrained(tmp_path)
    PreTrainedTokenizerFast(tokenizer_file=str(bert / "tokenizer.json"), pad_token="[PAD]").save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="is neither an encoder-decoder nor an encoder"):
        open_seq2seq(config(tmp_path))


@pytest.mark.parametrize(("family", "mark"), [("arabart", "<mask>"), ("bert", "[MASK]"), ("mt5", "<unk>")])
def test_hidden_words_are_what_the_base_takes_for_hidden(family, mark, request):
    tokenizer = open_tokenizer(str(request.getfixturevalue(family)))
    (item,) = encode_pairs(
        [Article("a", f"قال {GAP} الوزير", "قال الوزير")], tokenizer, config(profile="lossless")
    )
    assert item["input_ids"].count(tokenizer.convert_tokens_to_ids(mark)) == 1
    assert tokenizer.convert_tokens_to_ids(mark) not in item["labels"]


def _refused(world, made) -> int:
    held = [article.text for article in read_pairs(made.validation, world.root)]
    guard = HeldOut.from_root(world.root).also(held)
    return guard.refuse(
        read_pairs(made.train[0], world.root), lambda article: article.text, lambda article: article.id
    )[1]


def test_sureness_is_not_fitted_on_derived_pairs(mt5, world, tmp_path):
    some = Pairs("corpus", "saudinewsnet", derive="infill", limit=20)
    made = config(mt5, tmp_path, train=[some], validation=replace(some, limit=6))
    assert made.sureness_articles and "sureness" not in train_seq2seq(made, world.root)
    assert Summariser.from_pretrained(tmp_path, device="cpu").settings.sure_from is None


def test_articles_without_summaries_are_learnt_from(mt5, world, tmp_path):
    """Pairs are derived after the guard: what it takes out is told, and no pair is made of it."""
    sets = [Pairs("corpus", "saudinewsnet", derive=how, limit=40) for how in ("infill", "lead")]
    made = config(mt5, tmp_path, train=sets, validation=replace(sets[0], limit=6), style="brief", sureness_articles=0)
    result = train_seq2seq(made, world.root)
    assert 0 < result["pairs"] <= 80
    # as often as each set is read: what is held out, and what is validated on
    assert result["removed_by_guard"] == {"corpus/saudinewsnet": 2 * _refused(world, made)}
    assert Summariser.from_pretrained(tmp_path, device="cpu").settings.styles == ("brief",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": []}, "train must name"),
        ({"style": "poem"}, "style must be one of headline, brief, not 'poem'"),
        ({"metric": "bleu"}, "metric must be one of"),
        ({"schedule": "step"}, "schedule must be one of"),
        ({"source": 0}, "source must be positive, not 0"),
        ({"label_smoothing": 1.0}, "label_smoothing must lie between 0 and 1"),
        ({"patience": -1}, "patience must not be negative"),
        ({"batch_size": 9, "accumulate": 2}, "batch_size 9 is no multiple of accumulate 2"),
        ({"seeds": [1, 1]}, r"seeds must differ: \[1, 1\]"),
        ({"beams": 65}, "beams must lie between 1 and 64, not 65"),
        ({"length_penalty": 11.0}, "length_penalty must lie within 10 of 0, not 11.0"),
        ({"profile": "newss"}, "profile must be one of .*, not 'newss'"),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        config(**changes)
    with pytest.raises(ValueError, match="limit must be 1"):
        Pairs("x", limit=0)
