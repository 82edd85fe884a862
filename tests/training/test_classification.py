"""Fine-tuning: what is read, what is refused, how words become labels, and folders that transformers opens."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from tasrih.data.corpus import read_rows
from tasrih.data.labelled import MarkedSpan, Row
from tasrih.models.classifier import Classifier
from tasrih.models.encoding import TextEncoder
from tasrih.models.spans import SPAN_LABELS
from tasrih.models.tagger import Tagger
from tasrih.schemes import STATEMENT
from tasrih.training.classification import (
    ClassifierConfig,
    ModuleEngine,
    Source,
    calibrate,
    open_base,
    read_training_data,
    train_classifier,
)
from tasrih.training.export import export_classifier
from tasrih.training.features import Collator, features, hide_tokens, join_rows, span_targets
from tasrih.training.tokenizer import learn_vocabulary


def config(task: str = "topic", base: str = "base", **changes) -> ClassifierConfig:
    sets = {"topic": "topic_iptc", "stance": "stance/ans", "statement": "statements"}
    settings = {
        "train": [Source(sets.get(task, task))],
        "validation": Source(sets.get(task, task), "validation"),
        "max_length": 24,
    }
    return ClassifierConfig(task, base, "out", **{**settings, **changes})


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    texts = ["قال وزير الصحة إن الاتفاق الجديد مفيد للجميع", "رحب رئيس النقابة بخطة الجسر أمس"]
    return TextEncoder(
        learn_vocabulary(texts * 5, size=300, profile="encoder", min_frequency=2),
        profile="encoder",
        max_length=24,
        overlap=4,
    )


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["topic", "stance", "statement"])
def test_the_guard_removes_the_planted_row(task, world):
    made = config(task)
    data = read_training_data(made, world.root)
    name = f"{made.train[0].name}/train"
    assert data.removed == {name: world.planted[name]} == {name: 1}
    held = {row.text for row in data.validation}
    assert data.train and held
    assert not held & {row.text for row in data.train}
    assert not {row.id for row in data.train} & {"planted-text", "held:listed", "planted-stance"}


def test_repeat_and_limit(world):
    plain = read_training_data(config(train=[Source("topic_iptc", limit=20)]), world.root)
    assert len(plain.train) == 20 - plain.removed["topic_iptc/train"]
    thrice = read_training_data(config(train=[Source("topic_iptc", limit=20, repeat=3)]), world.root)
    assert [row.id for row in thrice.train] == [row.id for row in plain.train] * 3


def test_a_missing_set_is_named(world):
    with pytest.raises(FileNotFoundError, match="topic_iptc"):
        read_training_data(config(train=[Source("topic_iptc", "dev")]), world.root)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "genre"}, "task must be one of topic, statement, stance, not 'genre'"),
        ({"spans": True}, "spans belong to the task statement, not to 'topic'"),
        ({"metric": "f1"}, "metric must be one of .*, not 'f1'"),
        ({"joined": 1.5}, "joined must lie between 0 and 1, not 1.5"),
        ({"spelling": 1.0}, "spelling must lie between 0 and 1, not 1.0"),
        ({"epochs": -1.0}, "epochs must not be negative, not -1.0"),
        ({"pooling": "max"}, "pooling must be one of mean, cls, not 'max'"),
        ({"train": []}, "train must name at least one set"),
        ({"max_length": 7}, "max_length must be 8 at least, not 7: give a window room"),
        ({"profile": "newss"}, "profile must be one of lossless, .*, or null for the base's own, not 'newss'"),
        ({"span_weight": -1.0}, "span_weight must not be negative, not -1.0"),
        ({"abstain_precision": 0.0}, "abstain_precision must lie above 0 and at 1 at most, not 0.0"),
        ({"train": [Source("a", fold="part")]}, "fold 'part' of a takes no turns: give folds their number"),
        ({"validation": Source("b", fold="part")}, "fold 'part' of b takes no turns"),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        config(**changes)


def test_labels_of_a_task():
    assert config("statement").labels == (*STATEMENT.names, "conditional")
    assert config("statement").multi_label
    assert len(config("topic").labels) == 17
    assert not config("stance").multi_label


# --- features -------------------------------------------------------------------------------------

TEXT = "قال وزير الصحة إن الاتفاق الجديد مفيد"


def mark(part: str, label: str) -> MarkedSpan:
    start = TEXT.index(part)
    return MarkedSpan(start, start + len(part), label)


def labels_of(encoder, *spans: MarkedSpan) -> list[tuple[str, str]]:
    (window,) = encoder.windows([TEXT])[0]
    targets = span_targets(window, Row("1", TEXT, (), spans=spans))
    assert [target == -100 for target in targets] == [span is None for span in window.spans]
    return [
        (TEXT[slice(*span)], SPAN_LABELS[target])
        for span, target in zip(window.spans, targets, strict=True) if span is not None and target
    ]  # fmt: skip


def test_spans_that_nobody_looked_for_are_not_learnt_as_absent(encoder):
    row = Row("1", TEXT, ("warning",), spans=None)
    window = encoder.windows([TEXT])[0][0]
    assert set(span_targets(window, row)) == {-100}
    (joined,) = join_rows([row], 0.999, longest=2000, seed=1)
    assert joined.text == f"{TEXT} {TEXT}"
    assert joined.spans is None


def test_span_targets_follow_the_marks(encoder):
    assert labels_of(encoder) == []
    found = labels_of(encoder, mark("وزير الصحة", "speaker"), mark("الاتفاق", "favor"))
    assert ("".join(text for text, label in found if label.endswith("speaker"))) == "وزيرالصحة"
    assert next(label for _, label in found) == "B-speaker"
    assert all(label == "I-speaker" for _, label in found[1:] if "speaker" in label)
    assert next(label for _, label in found if "favor" in label) == "B-favor"


def test_the_speaker_goes_first_where_spans_overlap(encoder):
    for order in (1, -1):
        spans = [mark("وزير الصحة", "speaker"), mark("الصحة", "against")][::order]
        assert {label for _, label in labels_of(encoder, *spans)} == {"B-speaker", "I-speaker"}


def test_a_token_that_only_touches_a_span_belongs_to_it(encoder):
    start = TEXT.index("الاتفاق")
    found = labels_of(encoder, MarkedSpan(start + 2, start + 4, "favor"))
    assert found
    assert all(label.endswith("favor") for _, label in found)


def test_features_of_the_three_tasks(encoder):
    rows = [Row("1", TEXT, ("endorsement", "conditional"), spans=(mark("الاتفاق", "favor"),)), Row("2", "قال", ())]
    made = features(rows, encoder, config("statement", spans=True), windows_per_text=1)
    assert made[0]["labels"] == [
        float(name in ("endorsement", "conditional")) for name in (*STATEMENT.names, "conditional")
    ]
    assert sum(made[1]["labels"]) == 0
    assert len(made[0]["span_labels"]) == len(made[0]["input_ids"])
    topic = features([Row("1", TEXT, ("sport",))], encoder, config(), windows_per_text=1)
    assert config().labels[topic[0]["labels"]] == "sport"
    stance = features([Row("1", TEXT, ("against",), target="الاتفاق")], encoder, config("stance"), windows_per_text=1)
    assert config("stance").labels[stance[0]["labels"]] == "against"
    assert 1 in stance[0]["token_type_ids"]
    assert len(stance[0]["input_ids"]) > len(topic[0]["input_ids"])


def test_windows_of_a_long_text_are_kept_from_its_start(encoder):
    row = Row("1", " ".join([TEXT] * 6), ("sport",))
    count = len(encoder.windows([row.text])[0])
    assert count > 2
    assert len(features([row], encoder, config(), windows_per_text=1)) == 1
    made = features([row], encoder, config(), windows_per_text=2)
    assert [item["input_ids"] for item in made] == [window.ids for window in encoder.windows([row.text])[0][:2]]
    assert len(features([row], encoder, config(), windows_per_text=99)) == count


def collate(items, **changes):
    settings = {"pad_id": 0, "types": False, "multi_label": False, **changes}
    return Collator(**settings)(items)


def test_a_batch_is_padded():
    items = [
        {"input_ids": [2, 9, 3], "token_type_ids": [0, 0, 0], "labels": 1, "span_labels": [-100, 5, -100]},
        {
            "input_ids": [2, 9, 8, 7, 3],
            "token_type_ids": [0, 0, 1, 1, 1],
            "labels": 0,
            "span_labels": [-100, 0, 0, 1, -100],
        },
    ]
    batch = collate(items, pad_id=6, types=True)
    assert batch["input_ids"].tolist() == [[2, 9, 3, 6, 6], [2, 9, 8, 7, 3]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert batch["token_type_ids"].tolist() == [[0, 0, 0, 0, 0], [0, 0, 1, 1, 1]]
    assert batch["span_labels"].tolist() == [[-100, 5, -100, -100, -100], [-100, 0, 0, 1, -100]]
    assert batch["labels"].tolist() == [1, 0]
    assert "token_type_ids" not in collate(items)
    several = [{"input_ids": [2, 3], "token_type_ids": [0, 0], "labels": [1.0, 0.0]}]
    assert collate(several, multi_label=True)["labels"].dtype.is_floating_point


def test_tokens_are_hidden_and_special_ones_never():
    import torch

    torch.manual_seed(0)
    ids = torch.tensor([[2, *range(10, 210), 3], [2, 3, *[0] * 200]])
    found = hide_tokens(ids, (ids > 0).long(), share=0.3, mask_id=4, special_ids=[0, 1, 2, 3, 4])
    hidden = found[0] == 4
    assert hidden.float().mean().item() == pytest.approx(0.3, abs=0.1)
    assert found[0, 0] == 2 and found[0, -1] == 3
    assert (found[0][~hidden] == ids[0][~hidden]).all()
    assert found[1].tolist() == [2, 3, *[0] * 200]
    # where the special tokens stand among the others, as those of XLM-R and AraBERT do
    assert (hide_tokens(ids, ids, share=1.0, mask_id=300, special_ids=[2, 3, 50])[0] == 50).sum() == 1


def test_tokens_are_hidden_in_training_alone(bert, world, tmp_path, monkeypatch):
    from tasrih.training import tuning

    seen = []
    original = tuning.hide_tokens
    monkeypatch.setattr(tuning, "hide_tokens", lambda *given, **options: seen.append(given) or original(*given, **options))
    made = config("stance", base=str(bert), epochs=2, bf16=False, max_length=60, batch_size=24, token_dropout=0.1)
    train_classifier(replace(made, output=str(tmp_path)), world.root)
    assert len(seen) == 6  # 72 rows by 24, twice; validation is not hidden


# --- what is saved --------------------------------------------------------------------------------


def test_a_statement_model_opens_with_both_auto_classes(statement_model):
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

    folder, _result = statement_model
    tags, (spans, report) = (
        AutoModelForSequenceClassification.from_pretrained(folder),
        _with_report(AutoModelForTokenClassification, folder / "spans"),
    )
    assert tuple(tags.config.id2label[n] for n in range(14)) == (*STATEMENT.names, "conditional")
    assert tags.config.problem_type == "multi_label_classification"
    assert tuple(spans.config.id2label[n] for n in range(len(SPAN_LABELS))) == SPAN_LABELS
    assert not report["missing_keys"]
    for model in (tags, spans):
        settings = model.config.tasrih
        assert (settings["task"], settings["profile"], settings["max_length"], settings["multi_label"]) == (
            "statement",
            "news",
            48,
            True,
        )
        assert set(settings["thresholds"]) == {*STATEMENT.names, "conditional"}
        assert 0.3 <= settings["temperature"] <= 4
    # the two are saved over one encoder
    ours, theirs = dict(tags.model.named_parameters()), dict(spans.model.named_parameters())
    assert all((ours[name] == theirs[name]).all() for name in ours)
    assert AutoTokenizer.from_pretrained(folder)("قال").input_ids[0] == 2
    assert not list(folder.glob("*.bin"))


def _with_report(kind, folder):
    return kind.from_pretrained(folder, output_loading_info=True)


def test_the_figures_stand_beside_the_model(statement_model, world):
    folder, result = statement_model
    assert json.loads((folder / "train_metrics.json").read_text())["train_rows"] == result["train_rows"] == 84 + 36
    assert result["removed_by_guard"] == {"statements/train": 1, "statements/train_written": 0}
    stored = json.loads((folder / "train_config.json").read_text())
    assert (stored["task"], stored["seed"], stored["train"][0]) == (
        "statement",
        1,
        asdict(Source("statements")),
    )
    assert result["validation"]["micro_f1"] > 0.5  # templates of the training set in other towns


def test_a_topic_model_learns_and_keeps_its_settings(topic_model):
    from transformers import AutoModelForSequenceClassification

    folder, result = topic_model
    assert result["validation"]["accuracy"] > 0.8
    settings = AutoModelForSequenceClassification.from_pretrained(folder).config.tasrih
    assert settings["task"] == "topic"
    assert settings["lead_weight"] in (0.0, 1.0, 3.0, 9.0)
    assert 0 <= settings["abstain_below"] <= 1
    assert not (folder / "spans").exists()


def test_the_best_epoch_is_the_one_that_is_saved(topic_model, world):
    """What the folder scores on validation is what the run reported."""
    from tasrih.models.classifier import Classifier

    folder, result = topic_model
    made = Classifier.from_pretrained(folder, device="cpu")
    rows = list(read_rows(world.root / "topic_iptc" / "validation.jsonl.xz"))
    readings = made.read([f"{row['title']}\n{row['text']}" for row in rows])
    right = [
        made.settings.labels[int(reading.logits[0].argmax())] == row["label"]
        for reading, row in zip(readings, rows, strict=True)
    ]
    assert np.mean(right) == pytest.approx(result["validation"]["accuracy"])


def test_calibration_fits_what_it_says(statement_model, world):
    from tasrih.models.classifier import Classifier

    made = Classifier.from_pretrained(statement_model[0], device="cpu")
    thresholds = made.settings.thresholds
    assert all(0 < value < 1 for value in thresholds.values())
    # labels of few examples share one threshold
    assert thresholds["threat"] == thresholds["rejection"]


def test_calibration_reads_pairs_by_their_type_ids(world):
    """A BERT reads the second text as type 1; calibrated without it, its temperature would be another model's."""
    import torch
    from torch import nn

    seen = []

    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, input_ids, attention_mask, token_type_ids=None):
            seen.append(token_type_ids)
            return {"logits": torch.randn(len(input_ids), 3) * 2, "loss": torch.zeros(1)}

    torch.manual_seed(0)
    tokenizer = learn_vocabulary(["قال الوزير"] * 9, size=100, profile="encoder")
    rows = [Row(str(n), "قال الوزير", (("favor", "against", "neutral")[n % 3],), target="الوزير") for n in range(30)]
    made = calibrate(Module(), TextEncoder(tokenizer, profile="encoder", max_length=24), rows, config("stance"))
    assert made.temperature == pytest.approx(4.0)  # noise deserves no confidence
    assert seen and all(types is not None and 1 in types for types in seen)


def test_the_engine_of_a_module_gives_its_logits_only():
    import torch
    from torch import nn

    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            self.head, self.drop = nn.Linear(1, 2), nn.Dropout(0.9)

        def forward(self, input_ids, attention_mask):
            return {
                "logits": self.drop(self.head(input_ids[:, :1].float())),
                "span_logits": torch.ones(1),
                "other": torch.ones(1),
            }

    engine = ModuleEngine(Module().train())
    batch = {name: np.ones((2, 3), np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
    assert set(engine.run(batch)) == {"logits", "span_logits"}
    assert (engine.run(batch)["logits"] == engine.run(batch)["logits"]).all()  # no dropout


def test_a_base_is_opened_with_fresh_heads(pretrained):
    made = config("statement", base=str(pretrained[0]), spans=True, dropout=0.25, pooling="cls")
    model, spans, tokenizer = open_base(made)
    assert spans.base_model is model.base_model
    assert model.config.classifier_pooling == "cls"
    assert model.config.mlp_dropout == 0.25
    assert model.classifier.out_features == 14
    assert tokenizer.mask_token_id == 4
    again, _, _ = open_base(made)
    assert (again.classifier.weight == model.classifier.weight).all()  # the seed
    other, _, _ = open_base(replace(made, seed=2))
    assert (other.classifier.weight != model.classifier.weight).any()


def test_a_missing_base_is_an_os_error(tmp_path):
    with pytest.raises((OSError, ValueError)):
        open_base(config(base=str(tmp_path / "nowhere")))


@pytest.fixture
def bert_base(tmp_path):
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizer

    vocabulary = learn_vocabulary(["فاز فريق نادي سالم برئاسة رسميا"] * 9, size=150, profile="encoder").get_vocab()
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    BertForMaskedLM(shape).save_pretrained(tmp_path / "bert")
    BertTokenizer(vocab=vocabulary, do_lower_case=False, strip_accents=False).save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


def test_another_familys_base_trains_on_pairs(bert_base, world, tmp_path):
    from tasrih.models.classifier import Classifier
    made = config("stance", base=str(bert_base), epochs=1, bf16=False, max_length=40)
    result = train_classifier(replace(made, output=str(tmp_path / "out")), world.root)
    assert result["train_rows"] == 72
    opened = Classifier.from_pretrained(tmp_path / "out", device="cpu")
    assert (opened.task, opened.settings.max_length, opened.settings.profile) == ("stance", 40, "encoder")


@pytest.mark.slow
@pytest.mark.parametrize("family", ["bert", "xlm_roberta"])
def test_other_families_learn_spans_beside_tags(family, world, tmp_path, request):
    """Both heads over one pass: each gives what it gives alone, both are learnt, and a run goes on from both."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    base, folder = request.getfixturevalue(family), tmp_path / "made"
    made = config(
        "statement", base=str(base), spans=True, epochs=2, learning_rate=4e-3, max_length=56, metric="micro_f1",
        batch_size=16, dropout=0.0, bf16=False, freeze_embeddings=True,
    )  # fmt: skip
    train_classifier(replace(made, output=str(folder)), world.root)
    losses = [line["eval_loss"] for line in json.loads((folder / "train_log.json").read_text())["seed-1"] if "eval_loss" in line]
    assert losses[1] < losses[0]

    opened = Classifier.from_pretrained(folder, device="cpu")
    text = "رحب وزير الصحة أمس بنتائج الاتفاق الجديد في بلدة السفح."
    (reading,) = opened.read([text])
    tags = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokens = AutoModelForTokenClassification.from_pretrained(folder / "spans").eval()
    ids = torch.tensor([reading.windows[0].ids])
    with torch.no_grad():
        assert reading.logits[0] == pytest.approx(tags(input_ids=ids).logits[0].numpy(), abs=1e-4)
        assert reading.span_logits[0] == pytest.approx(tokens(input_ids=ids).logits[0].numpy(), abs=1e-4)
    assert reading.span_logits[0].argmax(-1).tolist() != [1] * len(reading.windows[0].ids)
    fresh = open_base(made)[1].classifier.weight
    assert not torch.allclose(tokens.classifier.weight, fresh, atol=1e-3)
    again, spans, _ = open_base(replace(made, base=str(folder)))
    assert torch.equal(spans.classifier.weight, tokens.classifier.weight)
    assert spans.base_model is again.base_model
    (statement,) = Tagger(opened).statements([text])[0]
    exported = Classifier.from_pretrained(export_classifier(folder, tmp_path / "exported")).read([text])[0]
    assert exported.span_logits[0] == pytest.approx(reading.span_logits[0], abs=0.05)  # int8 storage
    assert exported.logits[0] == pytest.approx(reading.logits[0], abs=0.05)
    assert all(text[one.target.start : one.target.end] == one.target.text.strip() for one in statement.stances)


def test_spans_on_a_base_without_a_token_head_are_refused_by_name(bert_base, monkeypatch):
    monkeypatch.setattr("tasrih.training.bases.has_token_head", lambda model: False)
    with pytest.raises(ValueError, match="bert: give spans=false"):
        open_base(config("statement", base=str(bert_base), spans=True))


def test_joined_rows_have_the_tags_and_targets_of_both_and_one_speaker():
    first = Row("a", "رحب زيد بالصلح.", ("endorsement",), spans=(MarkedSpan(4, 7, "speaker"), MarkedSpan(8, 14, "favor")))
    second = Row("b", "ورفض عمرو الحرب.", ("rejection", "conditional"), spans=(MarkedSpan(5, 9, "speaker"), MarkedSpan(10, 15, "against")))
    joined = join_rows([first, second] * 50, 0.5, longest=200, seed=1)
    assert [row.id for row in joined] == ["a", "b"] * 50
    both = next(row for row in joined if row.id == "a" and "عمرو" in row.text)
    assert both.labels == ("endorsement", "rejection", "conditional")
    assert [(both.text[span.start : span.end], span.label) for span in both.spans] == [
        ("زيد", "speaker"), ("بالصلح", "favor"), ("الحرب", "against"),
    ]  # fmt: skip
    assert 25 < sum(row.text not in (first.text, second.text) for row in joined) < 75
    assert join_rows([first, second], 0.99, longest=10, seed=1) == [first, second]
    assert join_rows([first, second], 0.0, longest=200, seed=1) == [first, second]


def test_a_teachers_probabilities_are_learnt_as_they_are_and_joined_as_either_of_two(encoder):
    taught = Row("a", "رحب زيد بالصلح.", ("endorsement",), spans=None, soft={"endorsement": 0.8, "call": 0.3})
    read = Row("b", "ورفض عمرو الحرب.", ("rejection",))
    run = config("statement")
    (item,) = features([taught], encoder, run, windows_per_text=1)
    given = dict(zip(run.labels, item["labels"], strict=True))
    assert (given["endorsement"], given["call"], given["rejection"]) == (0.8, 0.3, 0.0)
    for joined in join_rows([taught, read] * 8, 0.99, longest=200, seed=2):
        (item,) = features([joined], encoder, run, windows_per_text=1)
        given = dict(zip(run.labels, item["labels"], strict=True))
        if "زيد" in joined.text and "عمرو" in joined.text:
            assert given["rejection"] == 1.0
            assert (given["endorsement"], given["call"]) == pytest.approx((0.8, 0.3))
            assert joined.spans is None
            break
    else:
        pytest.fail("no two rows were joined: take another seed")
