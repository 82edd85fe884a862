"""The engines: each as the others compute it, batches that move nothing, and checkpoints that are refused by name."""

from __future__ import annotations

import json
import logging
import multiprocessing
import shutil
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import tasrih
from tasrih.data.corpus import read_rows
from tasrih.errors import MissingExtraError, ModelError
from tasrih.models import engines
from tasrih.models.classifier import Classifier
from tasrih.models.encoding import TextEncoder, pad
from tasrih.models.engines import EngineChoice, OnnxEngine, TorchEngine, best_engine, machine, open_graph
from tasrih.models.files import PRETRAINED
from tasrih.models.spans import SPAN_LABELS
from tasrih.results import Statement
from tasrih.schemes import STANCE
from tasrih.training.export import SMALLEST, quantise_columns


@pytest.fixture(scope="module")
def windows(world, statement_model):
    encoder = TextEncoder.from_file(statement_model[0] / "tokenizer.json", profile="encoder", max_length=48)
    texts = [row["text"] for row in read_rows(world.root / "statements" / "test.jsonl")]
    texts += ["قال", " ".join(texts[:6]), "كلام لم يرد في التدريب أبدا! 😀"]
    return [window for group in encoder.windows(texts) for window in group]


@pytest.fixture(scope="module")
def onnx_engine(exported_statement):
    return OnnxEngine(exported_statement / "model.onnx", threads=1)


@pytest.fixture(scope="module")
def joined(statement_model):
    """The trained torch model with both heads, and what rounds its matrices as the export stores them."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    from tasrih.training.classification import ModuleEngine, joined_module

    folder = statement_model[0]
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    spans = AutoModelForTokenClassification.from_pretrained(folder / "spans", dtype=torch.float32)
    plain = ModuleEngine(joined_module(model, spans))

    def rounded():
        with torch.no_grad():
            for weight in plain._module.parameters():
                if weight.ndim == 2 and weight.numel() >= SMALLEST:
                    rows, scale = quantise_columns(weight.numpy(), 0)
                    weight.copy_(torch.from_numpy(rows * scale))
        return plain

    return plain, rounded


def test_onnx_equals_torch_within_what_int8_costs(onnx_engine, joined, windows):
    plain, rounded = joined
    batch = pad(windows, 0)
    ours = onnx_engine.run(batch)
    exact = plain.run(batch)
    assert set(ours) == set(exact) == {"logits", "span_logits"}
    assert ours["span_logits"].shape == (*batch["input_ids"].shape, len(SPAN_LABELS))
    spread = exact["logits"].std()
    assert np.abs(ours["logits"] - exact["logits"]).max() < 0.3 * spread
    clear = np.abs(exact["logits"]) > 0.3 * spread
    assert ((ours["logits"] > 0) == (exact["logits"] > 0))[clear].all()
    assert clear.mean() > 0.6
    # with the very weights that are stored, nothing but rounding in fp32 is left
    same = rounded().run(batch)
    shown = batch["attention_mask"].astype(bool)
    assert np.abs(ours["logits"] - same["logits"]).max() < 1e-3
    assert np.abs(ours["span_logits"] - same["span_logits"])[shown].max() < 1e-3


def test_padding_moves_no_onnx_logit(onnx_engine, windows):
    together = onnx_engine.run(pad(windows, 0))
    for row, window in enumerate(windows):
        alone = onnx_engine.run(pad([window], 0))
        size = len(window.ids)
        assert np.abs(alone["logits"][0] - together["logits"][row]).max() < 1e-4
        assert np.abs(alone["span_logits"][0, :size] - together["span_logits"][row, :size]).max() < 1e-4
    # nor does what stands in the padded places
    other = onnx_engine.run(pad(windows, 9))
    assert np.abs(other["logits"] - together["logits"]).max() < 1e-4


def test_padding_moves_no_torch_logit(topic_model, windows):
    engine = TorchEngine.from_pretrained(topic_model[0], device="cpu")
    together = engine.run(pad(windows, 0))["logits"]
    for row in range(0, len(windows), 7):
        assert np.abs(engine.run(pad([windows[row]], 0))["logits"][0] - together[row]).max() < 1e-4


def test_the_graph_takes_other_shapes_than_it_was_traced_with(onnx_engine):
    for rows, length in ((1, 1), (1, 60), (5, 2), (3, 31)):
        batch = {"input_ids": np.full((rows, length), 7), "attention_mask": np.ones((rows, length), np.int64)}
        assert onnx_engine.run(batch)["logits"].shape == (rows, 14)


def test_inputs_that_a_model_does_not_know_are_left_out(onnx_engine, topic_model):
    batch = {
        "input_ids": np.full((1, 4), 7),
        "attention_mask": np.ones((1, 4), np.int64),
        "token_type_ids": np.ones((1, 4), np.int64),
        "colour": np.ones(3),
    }
    assert onnx_engine.run(batch)["logits"].shape == (1, 14)
    assert TorchEngine.from_pretrained(topic_model[0], device="cpu").run(batch)["logits"].shape == (1, 17)


def test_what_is_no_graph_is_refused_in_one_line(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match=r"model\.onnx cannot be opened by onnxruntime") as caught:
        OnnxEngine(tmp_path / "model.onnx")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        OnnxEngine(tmp_path / "nowhere.onnx")


def test_a_base_encoder_is_told_to_be_fine_tuned(pretrained):
    with pytest.raises(
        ModelError, match=r"is a base encoder \(ModernBertForMaskedLM\); fine-tune it with `tasrih train`"
    ):
        TorchEngine.from_pretrained(pretrained[0], device="cpu")


def test_a_summariser_is_no_classifier(summary_model, exported_summary):
    with pytest.raises(ModelError, match=r"is a summariser \(T5ForConditionalGeneration\), not a classifier"):
        TorchEngine.from_pretrained(summary_model[0], device="cpu")
    with pytest.raises(ModelError, match="is a 'summariser', not a classifier"):
        Classifier.from_pretrained(exported_summary)


def test_a_folder_without_weights_is_named(topic_model, tmp_path):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((topic_model[0] / name).read_bytes())
    with pytest.raises(ModelError, match="weights") as caught:
        Classifier.from_pretrained(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_named(topic_model, tmp_path):
    for file in topic_model[0].iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(ModelError, match="weights"):
        Classifier.from_pretrained(tmp_path)


# --- the token head beside a checkpoint ------------------------------------------------------------


@pytest.fixture(scope="module")
def as_stored(statement_model, tmp_path_factory) -> Path:
    """The trained folder with the very weights that the export stores, so that engines differ by fp32 alone."""
    from safetensors.numpy import load_file, save_file

    folder = tmp_path_factory.mktemp("rounded") / "statement"
    shutil.copytree(statement_model[0], folder)
    for path in (folder / "model.safetensors", folder / "spans" / "model.safetensors"):
        weights = load_file(path)
        for name, weight in weights.items():
            if weight.ndim == 2 and weight.size >= SMALLEST:
                rows, scale = quantise_columns(weight, 0)
                weights[name] = (rows * scale).astype(np.float32)
        save_file(weights, path, metadata={"format": "pt"})
    return folder


def test_torch_gives_the_token_head_as_onnx_does_in_one_pass(as_stored, onnx_engine, windows):
    batch = pad(windows, 0)
    engine = TorchEngine.from_pretrained(as_stored, device="cpu")
    passes = []
    engine._model.base_model.register_forward_hook(lambda *_: passes.append(1))
    ours, expected = engine.run(batch), onnx_engine.run(batch)
    assert len(passes) == 1
    assert ours.keys() == expected.keys() == {"logits", "span_logits"}
    shown = batch["attention_mask"].astype(bool)
    assert np.abs(ours["span_logits"] - expected["span_logits"])[shown].max() < 1e-3
    assert np.abs(ours["logits"] - expected["logits"]).max() < 1e-3
    assert expected["span_logits"][shown].std() > 0.1  # there is something to differ by
    # the head beside it moves no label's score
    alone = TorchEngine(engine._model, device="cpu").run(batch)
    assert alone.keys() == {"logits"} and np.abs(alone["logits"] - ours["logits"]).max() < 1e-5


def test_tagging_gives_the_same_in_torch_and_onnx(as_stored, exported_statement, world):
    texts = SENTENCES + [row["text"] for row in read_rows(world.root / "statements" / "test.jsonl")]
    expected = tagged(Classifier.from_pretrained(exported_statement), texts)
    found = tagged(Classifier.from_pretrained(as_stored, device="cpu", engine="torch"), texts)
    assert sum(one.speaker is not None for one in expected) >= 20 and sum(bool(one.stances) for one in expected) >= 20
    for name, (of, _) in SAID.items():
        assert [of(one) for one in found] == [of(one) for one in expected], name
    low = tagged(Classifier.from_pretrained(as_stored, device="cpu", engine="torch:bf16"), texts)
    assert np.mean([stances(one) == stances(two) for one, two in zip(low, expected, strict=True)]) >= 0.8


def test_the_token_head_is_computed_in_the_precision_asked_for(as_stored, windows):
    import torch

    batch = pad(windows, 0)
    exact = TorchEngine.from_pretrained(as_stored, device="cpu").run(batch)["span_logits"]
    engine = TorchEngine.from_pretrained(as_stored, device="cpu", precision="bf16")
    assert {weight.dtype for weight in engine._forward.parameters()} == {torch.bfloat16}
    low = engine.run(batch)["span_logits"]
    assert low.dtype == np.float32
    difference = np.abs(low - exact)[batch["attention_mask"].astype(bool)]
    assert 0 < np.quantile(difference, 0.99) < 0.2 * exact.std()


def altered(folder: Path, change) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _other_encoder(spans: Path) -> None:
    altered(spans, lambda weights: weights["model.layers.1.mlp.Wo.weight"].__iadd__(1e-3))


def _no_head(spans: Path) -> None:
    altered(spans, lambda weights: weights.pop("classifier.weight"))


def _other_config(key: str, value):
    def change(spans: Path) -> None:
        config = json.loads((spans / "config.json").read_text(encoding="utf-8"))
        (spans / "config.json").write_text(json.dumps({**config, key: value}), encoding="utf-8")

    return change


def _cut(spans: Path) -> None:
    path = spans / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_other_encoder, r"spans was trained over another encoder \(1 of \d+ weights differ, layers.1.mlp.Wo.weight"),
        (_no_head, "spans lacks classifier.weight"),
        (_other_config("id2label", {str(n): f"L{n}" for n in range(len(SPAN_LABELS))}), "lists the labels L0, L1, .*"),
        (_other_config("architectures", ["BertForTokenClassification"]), r"no token head of the classifier beside it .BertFor"),
        (_other_config("auto_map", {"AutoModel": "theirs.Model"}), "code of its own"),
        (_cut, "spans.* it is truncated"),
    ],
    ids=["encoder", "head", "labels", "family", "code", "cut"],
)  # fmt: skip
def test_a_token_head_that_does_not_fit_is_refused(change, told, statement_model, tmp_path):
    folder = tmp_path / "statement"
    shutil.copytree(statement_model[0], folder)
    assert Classifier.from_pretrained(folder, device="cpu").read(["نص"])[0].span_logits is not None
    change(folder / "spans")
    with pytest.raises(ModelError, match=told) as caught:
        Classifier.from_pretrained(folder, device="cpu")
    assert "\n" not in str(caught.value) and str(folder / "spans") in str(caught.value)


# --- the choice of an engine ----------------------------------------------------------------------


def test_an_engine_is_named_with_its_mode():
    assert EngineChoice.parse(None) is None
    assert EngineChoice.parse("onnx") == EngineChoice("onnx")
    assert EngineChoice.parse("openvino:bf16") == EngineChoice("openvino", "bf16")


@pytest.mark.parametrize("name", ["", "tensorrt", "openvino:int4", "onnx:fp32"])
def test_an_unknown_engine_is_told_what_there_is(name):
    with pytest.raises(ValueError, match=r"unknown engine .*onnx, openvino\[:bf16\|int8\|fp32\], torch") as caught:
        EngineChoice.parse(name)
    assert repr(name) in str(caught.value)


def flags(monkeypatch, *names: str) -> None:
    for module in (machine, engines, sys.modules["tasrih.models.engines.openvino"]):
        monkeypatch.setattr(module, "processor_flags", lambda: frozenset(names))


def test_auto_takes_openvino_where_the_processor_has_low_precision(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: object())
    for names, expected in (
        (("avx2", "avx512_vnni", "amx_bf16"), EngineChoice("openvino", "bf16")),
        (("avx2", "avx512_vnni"), EngineChoice("openvino", "int8")),
        (("avx2", "avx_vnni"), EngineChoice("openvino", "int8")),
        (("avx2",), EngineChoice("onnx")),
        ((), EngineChoice("onnx")),
    ):
        flags(monkeypatch, *names)
        assert best_engine() == expected
    flags(monkeypatch, "amx_bf16")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert best_engine() == EngineChoice("onnx")


def test_what_auto_came_to_is_logged_once(exported_statement, topic_model, caplog, monkeypatch):
    flags(monkeypatch, "avx2")
    caplog.set_level(logging.INFO, "tasrih")
    Classifier.from_pretrained(exported_statement)
    Classifier.from_pretrained(exported_statement, engine="onnx")
    assert caplog.messages == []
    for folder, name in ((exported_statement, "onnx fp32"), (topic_model[0], "torch fp32 on cpu")):
        caplog.clear()
        for _ in range(2):
            assert tasrih.load(folder, device="cpu", engine="auto").engine == name
        assert caplog.messages == [f"engine auto: {folder.name} runs on {name} (`tasrih doctor` says why)"]
        assert [(record.name, record.levelname) for record in caplog.records] == [("tasrih", "INFO")]


def test_instructions_that_are_switched_off_do_not_count(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("model name\t: x\nflags\t\t: avx2 avx512_vnni amx_bf16 amx_tile\n")
    monkeypatch.setattr(machine, "Path", lambda name: tmp_path / "cpuinfo")
    for limit, expected in (
        ("", {"avx2", "avx512_vnni", "amx_bf16", "amx_tile"}),
        ("AVX512_CORE_AMX", {"avx2", "avx512_vnni", "amx_bf16", "amx_tile"}),
        ("AVX512_CORE_BF16", {"avx2", "avx512_vnni"}),
        ("AVX2", {"avx2"}),
    ):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
        machine.processor_flags.cache_clear()
        assert machine.processor_flags() == expected
    monkeypatch.undo()
    machine.processor_flags.cache_clear()


def test_the_default_is_onnx_whatever_is_installed(exported_statement):
    assert Classifier.from_pretrained(exported_statement).engine == "onnx fp32"
    assert Classifier.from_pretrained(exported_statement, engine="onnx").engine == "onnx fp32"
    assert Classifier.from_pretrained(exported_statement).streams == engines.cores()


def test_each_folder_names_the_engine_that_reads_it(exported_statement, topic_model):
    with pytest.raises(ModelError, match="torch does not open"):
        Classifier.from_pretrained(exported_statement, engine="torch")
    with pytest.raises(ModelError, match="tasrih export"):
        Classifier.from_pretrained(topic_model[0], engine="openvino")
    assert Classifier.from_pretrained(topic_model[0], device="cpu").engine == "torch fp32 on cpu"
    assert Classifier.from_pretrained(topic_model[0], device="cpu", engine="torch:bf16").engine == "torch bf16 on cpu"


def test_a_missing_engine_names_the_line_that_installs_it(exported_statement, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tasrih\[openvino\]'"):
        Classifier.from_pretrained(exported_statement, engine="openvino")


def test_bf16_without_amx_is_refused(exported_statement, monkeypatch):
    flags(monkeypatch, "avx512_vnni", "avx512_bf16")
    with pytest.raises(ModelError, match="no AMX"):
        open_graph(exported_statement / "model.onnx", EngineChoice("openvino", "bf16"))


# --- agreement, within an engine and across engines ------------------------------------------------

SENTENCES = [
    "رحّب وزيرُ الخارجية بالاتفاق، وأشاد بجهود الوسطاء.",
    "حذّر الأمين العام من «كارثة إنسانية» إذا استمر إغلاق المعابر.",
    "دانت الحكومة الهجوم الذي استهدف قافلة المساعدات فجر الأحد.",
    "قال المتحدث: لن نقبل بأي شروط جديدة، ولن نعود إلى طاولة المفاوضات.",
    "تعهدت الدول المانحة بتقديم ٣٫٥ مليار دولار لإعادة الإعمار.",
    "هل تنجح المبادرة؟",
    "طالب المجلس بانسحاب القوات فوراً، ودعا الأطراف إلى ضبط النفس والعودة إلى الحوار.",
    "نفى المسؤول صحة الأنباء التي تحدثت عن استقالته.",
    "افتُتح معرض الكتاب في دورته الـ 25 بمشاركة 300 دار نشر.",
    "هدد القائد بالرد «بقوة غير مسبوقة» على أي اعتداء، وقال إن صبر بلاده نفد.",
    "اتهمت المعارضةُ الحكومةَ بتزوير نتائج الانتخابات البلدية في العاصمة.",
    "وقّع البلدان مذكرة تفاهم للتعاون في مجال الطاقة المتجددة والمياه.",
    "أعلنت الشركة أرباح الربع الثالث.",
    "أكد الرئيس دعم بلاده للجيش والقوات الأمنية بالتدريب والسلاح.",
    "ﻻ ﻋﻮدة إلى الوراء",
    "رفض البرلمان مشروع القانون بأغلبية 112 صوتاً مقابل 87، وسط احتجاجات أمام مقره استمرت حتى ساعة متأخرة.",
]  # fmt: skip
ENGINES = ["onnx", "openvino:fp32", "openvino:int8"] + ["openvino:bf16"] * ("amx_bf16" in machine.processor_flags())


def opened(engine: str, folder: Path) -> Classifier:
    if engine.startswith("openvino"):
        pytest.importorskip("openvino")
    return Classifier.from_pretrained(folder, engine=engine)


def scores(predictions) -> np.ndarray:
    return np.array([[*prediction.scores.values()] for prediction in predictions])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_batch_moves_no_score_and_no_label(engine):
    classifier = opened(engine, PRETRAINED / "statement")
    texts = [*SENTENCES, " ".join(SENTENCES[:4]), " ".join(SENTENCES)]
    together = classifier.predict(texts)
    for size in (1, 3):
        other = classifier.predict(texts, batch_size=size)
        assert np.abs(scores(other) - scores(together)).max() < 1e-4
        assert [prediction.labels for prediction in other] == [prediction.labels for prediction in together]
    backwards = classifier.predict(texts[::-1])[::-1]
    assert np.abs(scores(backwards) - scores(together)).max() < 1e-4


@pytest.mark.parametrize("engine", ["torch", "torch:bf16"])
def test_the_batch_moves_no_score_in_torch(engine, statement_model):
    classifier = Classifier.from_pretrained(statement_model[0], device="cpu", engine=engine)
    together = classifier.predict(SENTENCES)
    for size in (1, 3):
        assert np.abs(scores(classifier.predict(SENTENCES, batch_size=size)) - scores(together)).max() < 1e-4


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_engines_agree_with_the_default(engine):
    default, other = opened("onnx", PRETRAINED / "statement"), opened(engine, PRETRAINED / "statement")
    expected, found = default.predict(SENTENCES), other.predict(SENTENCES)
    difference = np.abs(scores(found) - scores(expected))
    assert np.quantile(difference, 0.99) <= (0.02 if engine != "openvino:fp32" else 1e-5)
    assert difference.max() > 0  # another engine has computed it
    same = np.mean([one.labels == two.labels for one, two in zip(found, expected, strict=True)])
    assert same >= 15 / 16


def tagged(model: Classifier, texts: list[str]) -> list[Statement]:
    return [statement for document in tasrih.tag(texts, model=model) for statement in document.statements]


def stances(statement: Statement) -> list[tuple[int, int, str]]:
    return [(stance.target.start, stance.target.end, stance.label) for stance in statement.stances]


#: What tagging says of a statement, and the least share of statements that another precision may leave as it is.
#: (Measured with int8 on the 100 statements below: 1, 1, 1, .96 and .95.)
SAID = {
    "tags": (lambda one: set(one.tags), 0.97), "condition": (lambda one: one.conditional, 0.97),
    "speaker": (lambda one: one.speaker, 0.97), "targets": (lambda one: [each[:2] for each in stances(one)], 0.92),
    "stances": (stances, 0.9),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_engines_agree_on_speakers_targets_and_stances(engine, world):
    texts = SENTENCES + [row["text"] for row in read_rows(world.root / "statements" / "test.jsonl")]
    expected = tagged(opened("onnx", PRETRAINED / "statement"), texts)
    found = tagged(opened(engine, PRETRAINED / "statement"), texts)
    # nothing is agreed on where there is nothing
    assert len(expected) >= 100 and sum(one.speaker is not None for one in expected) >= 60
    given = [each[2] for one in expected for each in stances(one)]
    assert min(given.count(label) for label in STANCE.names) >= 20
    for name, (of, least) in SAID.items():
        same = np.mean([of(one) == of(two) for one, two in zip(found, expected, strict=True)])
        assert same >= (1 if engine == "openvino:fp32" else least), name
    pairs = [
        (one.score, two.score)
        for mine, theirs in zip(found, expected, strict=True) if stances(mine) == stances(theirs)
        for one, two in zip(mine.stances, theirs.stances, strict=True)
    ]  # fmt: skip
    difference = np.abs(np.subtract(*np.transpose(pairs)))
    assert len(pairs) >= 100 and 0 < difference.max() <= (1e-5 if engine == "openvino:fp32" else 0.05)


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_openvino_computes_few_rows_as_many(rows, exported_statement, onnx_engine, windows):
    pytest.importorskip("openvino")
    for mode in ("fp32", "int8"):
        engine = open_graph(exported_statement / "model.onnx", EngineChoice("openvino", mode))
        batch = pad(windows[:rows], 0)
        assert np.abs(engine.run(batch)["logits"] - onnx_engine.run(batch)["logits"]).max() < 0.1


# --- threads --------------------------------------------------------------------------------------


def _threads_of_a_pass(engine) -> int:
    if isinstance(engine, TorchEngine):
        import torch

        return torch.get_num_threads()
    if isinstance(engine, OnnxEngine):
        options = engine._session.get_session_options()
        assert options.execution_mode.name == "ORT_SEQUENTIAL"  # no second pool, for nodes side by side
        return options.intra_op_num_threads
    shared, streams = (engine._compiled.get_property(name) for name in ("INFERENCE_NUM_THREADS", "NUM_STREAMS"))
    assert streams == engine.streams and shared % streams == 0
    return shared // streams


@pytest.mark.parametrize("here", [None, 1])
@pytest.mark.parametrize("engine", [*ENGINES, "torch", "auto"])
def test_threads_of_a_pass_times_streams_never_exceed_the_cores(
    engine, here, exported_statement, statement_model, monkeypatch
):
    if engine == "torch" and here is not None:
        pytest.skip("torch counts the cores itself")
    for module in (engines, sys.modules["tasrih.models.engines.openvino"]) if here else ():
        monkeypatch.setattr(module, "cores", lambda: here)
    classifier = opened(engine, statement_model[0] if engine == "torch" else exported_statement)
    threads = _threads_of_a_pass(classifier.backend)
    assert threads >= 1 and 1 <= threads * classifier.streams <= (here or engines.cores())


@pytest.mark.parametrize("verb", ["classify", "tag"])
@pytest.mark.parametrize("shape", ["list", "iterator", "one long text"])
def test_no_more_passes_run_at_once_than_the_engine_has_streams(verb, shape, exported_statement, monkeypatch):
    monkeypatch.setattr(engines, "cores", lambda: 3)
    classifier = Classifier.from_pretrained(exported_statement)
    lock, passes, run = threading.Lock(), [0, 0], classifier.backend.run  # at once now, and at most

    def counted(batch):
        with lock:
            passes[0] += 1
            passes[1] = max(passes)
        time.sleep(0.005)
        try:
            return run(batch)
        finally:
            with lock:
                passes[0] -= 1

    monkeypatch.setattr(classifier.backend, "run", counted)
    texts = SENTENCES * 80  # chunks, of which two are worked on at a time
    given = " ".join(texts) if shape == "one long text" else iter(texts) if shape == "iterator" else texts
    list(getattr(tasrih, verb)([given] if isinstance(given, str) else given, model=classifier))
    assert passes == [0, 3]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system does not list threads")
def test_onnx_starts_no_thread_of_its_own(exported_statement, windows):
    def threads() -> set[str]:
        return {task.name for task in Path("/proc/self/task").iterdir()}

    before = threads()
    engine = open_graph(exported_statement / "model.onnx", None)
    engine.run(pad(windows, 0))
    assert threads() <= before


# --- processes ------------------------------------------------------------------------------------


def _in_a_fork(folder: str, engine: str, queue) -> None:
    queue.put(scores(FORKED[folder, engine].predict(SENTENCES)))


FORKED: dict[tuple[str, str], Classifier] = {}


@pytest.mark.parametrize("engine", ["onnx", "openvino:fp32", "torch"])
def test_a_forked_process_computes_the_same(engine, exported_statement, statement_model):
    """As ``datasets.map(num_proc=2)`` does it, after the model was used in the parent."""
    classifier = opened(engine, statement_model[0] if engine == "torch" else exported_statement)
    expected = scores(classifier.predict(SENTENCES * 8))[: len(SENTENCES)]  # its threads have run
    FORKED[str(exported_statement), engine] = classifier
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [
        context.Process(target=_in_a_fork, args=(str(exported_statement), engine, queue), daemon=True) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for _ in processes:
        assert np.abs(queue.get(timeout=60) - expected).max() < 1e-6
    for process in processes:
        process.join(timeout=20)
        assert process.exitcode == 0


def test_a_graph_without_inner_states_says_so():
    with pytest.raises(ModelError, match="no output 'inner_states': export the model again"):
        OnnxEngine(PRETRAINED / "topic" / "model.onnx").states({})
