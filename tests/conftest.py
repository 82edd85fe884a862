"""No network, and a tiny world of hand-written Arabic sentences with tiny models trained on it, made once a session."""

from __future__ import annotations

import json
import lzma
import os
import random
import shutil
import socket
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import hypothesis
import pytest

# a loaded machine is slow, not wrong
hypothesis.settings.register_profile("tasrih", deadline=None)
# a change is held to the same cases each time; new ones are looked for by running pytest itself, and by scripts/soak.py
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tasrih")

REPOSITORY = Path(__file__).parent.parent


# --- no network -----------------------------------------------------------------------------------


def _is_near(family: int, address) -> bool:
    if family == getattr(socket, "AF_UNIX", None) or not isinstance(address, tuple):
        return True
    host = address[0]
    return host in ("localhost", "::1", "") or str(host).startswith("127.")


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Fail whatever test opens a connection to another machine; no name is looked up to decide it."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, create, look_up = (
        socket.socket.connect, socket.socket.connect_ex, socket.create_connection, socket.getaddrinfo,
    )  # fmt: skip

    def refuse(address):
        # not an OSError: a library that tries the network would take that for an answer
        pytest.fail(f"the test tried to reach {address}")

    def guarded(original):
        return lambda self, address: original(self, address) if _is_near(self.family, address) else refuse(address)

    def guarded_create(address, *arguments, **options):
        return create(address, *arguments, **options) if _is_near(socket.AF_INET, address) else refuse(address)

    def guarded_look_up(host, *arguments, **options):
        near = host is None or _is_near(socket.AF_INET, (host.decode() if isinstance(host, bytes) else host,))
        return look_up(host, *arguments, **options) if near else refuse(host)

    patch.setattr(socket.socket, "connect", guarded(connect))
    patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    patch.setattr(socket, "create_connection", guarded_create)
    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The real data root, or a skip."""
    from tasrih.data import corpus

    root = corpus.data_root()
    root = root if root.is_absolute() else REPOSITORY / root
    if not root.is_dir():
        pytest.skip(f"no data root at {root}: set TASRIH_DATA to the folder that holds the sets")
    return root


# --- a browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium, driven by Playwright; a skip where one of them is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need pip install 'tasrih[browser]'")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("browser tests need chromium (apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        made = playwright.chromium.launch(executable_path=chromium, args=options, timeout=120_000)
        yield made
        made.close()


#: Where axe-core lies after ``npm install --global axe-core@4``; TASRIH_AXE names any other ``axe.min.js``.
_AXE = tuple(f"/usr/{folder}/axe-core/axe.min.js" for folder in ("local/lib/node_modules", "lib/node_modules"))


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of an axe-core that is installed, by ``TASRIH_AXE`` or in npm's global folders; else a skip.

    Nothing is fetched: the guard against the network does not reach into another process, so that npm is not asked.
    """
    named = os.environ.get("TASRIH_AXE")
    places = [Path(place) for place in ((named,) if named else _AXE)]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        pytest.skip(
            f"no axe-core at {' or '.join(map(str, places))}: npm install --global axe-core@4, or set TASRIH_AXE to its "
            "axe.min.js"
        )
    return found.read_text(encoding="utf-8")


# --- a tiny data root -----------------------------------------------------------------------------

SPEAKERS = ("وزير الصحة", "رئيس النقابة", "أمين الحزب", "مدير المرفأ", "سفير الجوار", "عميد الكلية")
TARGETS = ("الاتفاق الجديد", "خطة الجسر", "قانون البلدية", "بعثة الإغاثة", "هدنة الشمال", "مشروع الميناء")
# train, train_written, validation and test each have towns of their own, so that no text is in two of them
TOWNS = {
    "train": ("الزرقة", "المروج", "الحصن", "النخيل"), "train_written": ("الواحة",),
    "validation": ("السفح", "الرملة"), "test": ("المنارة", "الخليج"),
}  # fmt: skip

#: Template, tags, whether conditional, whether the speaker acts, stance to the target.
STATEMENTS = (
    ("رحب {speaker} أمس بنتائج {target} في بلدة {town}.", ("endorsement",), False, True, "favor"),
    ("دان {speaker} بشدة {target} أمام أهالي {town}.", ("condemnation",), False, True, "against"),
    ("حذر {speaker} من أن {target} يهدد سكان {town}.", ("warning",), False, True, "against"),
    ("تعهد {speaker} بتمويل {target} إذا وافق مجلس {town}.", ("commitment", "aid"), True, True, "favor"),
    ("نفى {speaker} أي صلة له بملف {target} في {town}.", ("denial",), False, True, "neutral"),
    ("ينعقد مؤتمر {speaker} حول {target} في قاعة {town} مساء.", (), False, False, "neutral"),
)

TOPICS = {
    "sport": (
        "{town} يفوز في المباراة",
        "فاز فريق {town} على ضيفه بهدفين في مباراة الدوري. وسجل {who} هدفي الفريق في الشوط الثاني."
        " وصفق الجمهور للمدرب طويلا.",
    ),
    "health": (
        "مستشفى {town} يفتح عيادة",
        "افتتح مستشفى {town} عيادة جديدة لأمراض القلب. وقال الطبيب {who} إن المرضى سيجدون العلاج مجانا."
        " وحصل الأطفال على اللقاح.",
    ),
    "economy_business": (
        "أسهم {town} ترتفع في البورصة",
        "ارتفعت أسهم شركة {town} في البورصة بعد إعلان الأرباح. وقال المصرفي {who} إن أسعار النفط ستدعم السوق."
        " وباعت البنوك سندات.",
    ),
    "weather": (
        "أمطار غزيرة على {town}",
        "هطلت أمطار غزيرة على {town} مساء مع رياح شديدة. وتوقع الراصد {who} انخفاض درجات الحرارة غدا."
        " وغطى الضباب الطرق.",
    ),
}
PEOPLE = ("سالم", "مروان", "ليلى", "هدى", "كريم", "نادر", "سلمى", "رائد", "جابر", "وفاء", "عمران", "زينب")

#: Claim, text, label: what ``stance/ans`` holds.
STANCES = (
    ("{who} يفوز برئاسة نادي {town}", "نادي {town} يعلن فوز {who} بالرئاسة رسميا", "agree"),
    ("{who} يفوز برئاسة نادي {town}", "نادي {town} ينفي فوز {who} ويكذب الخبر", "disagree"),
    ("{who} يفوز برئاسة نادي {town}", "سوق {town} يستقبل {who} وتجار الخضار", "other"),
)


@dataclass
class World:
    """The tiny data root and what the tests need to know of it.

    Attributes:
        root: the folder.
        planted: set to the rows of it that are held out and must be refused.
    """

    root: Path
    planted: dict[str, int] = field(default_factory=dict)


def _write(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(lzma.compress(text.encode()) if path.suffix == ".xz" else text.encode())


def _span(text: str, part: str) -> dict:
    start = text.index(part)
    return {"text": part, "start": start, "end": start + len(part)}


def _statement_rows(split: str, number: int) -> list[dict]:
    rows = []
    for template, tags, conditional, acts, stance in STATEMENTS:
        for speaker, target, town in product(SPEAKERS, TARGETS, TOWNS[split]):
            text = template.format(speaker=speaker, target=target, town=town)
            rows.append(
                {
                    "id": f"{split}-{len(rows)}", "text": text, "tags": list(tags), "conditional": conditional,
                    "speaker": _span(text, speaker) if acts else None,
                    "stances": [{"target": _span(text, target), "stance": stance}], "source": "tiny",
                }
            )  # fmt: skip
    return random.Random(split).sample(rows, number)


def _topic_rows(split: str, number: int) -> list[dict]:
    rows = [
        {
            "id": f"{split}-{label}-{town}-{who}", "title": title.format(town=town), "label": label, "source": "tiny",
            "text": text.format(town=town, who=who), "second": "society" if label == "health" else None,
        }
        for label, (title, text) in TOPICS.items()
        for town, who in product(TOWNS[split], PEOPLE)
    ]  # fmt: skip
    return random.Random(split).sample(rows, number)


def _stance_rows(split: str, number: int) -> list[dict]:
    rows = [
        {
            "id": f"{split}-{label}-{town}-{who}", "target": target.format(who=who, town=town),
            "text": text.format(who=who, town=town), "label": label,
        }
        for target, text, label in STANCES
        for town, who in product(TOWNS[split], PEOPLE)
    ]  # fmt: skip
    return random.Random(split).sample(rows, number)


def _articles(number: int) -> list[dict]:
    towns = ("الكرمة", "الغدير", "السدرة", "الوادي", "البحيرة")
    draw = random.Random(7)
    rows = []
    for town, who in product(towns, PEOPLE):
        for title, text in TOPICS.values():
            template = draw.choice(STATEMENTS)[0]
            said = template.format(speaker=draw.choice(SPEAKERS), target=draw.choice(TARGETS), town=town)
            rows.append(
                {
                    "id": f"saudinewsnet:tiny-{len(rows)}", "title": f"{title.format(town=town)} بحضور {who}",
                    "text": f"{text.format(town=town, who=who)} {said}",
                }
            )  # fmt: skip
    return draw.sample(rows, number)


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    """A data root with every set that training and evaluation read, a few dozen rows each, some held out by plan."""
    root = tmp_path_factory.mktemp("data")
    statements = {split: _statement_rows(split, 84) for split in ("train", "validation", "test")}
    statements["train_written"] = _statement_rows("train_written", 36)
    topics = {
        "train": _topic_rows("train", 60),
        "validation": _topic_rows("validation", 32),
        "test": _topic_rows("test", 32),
    }
    stances = {
        "train": _stance_rows("train", 72),
        "validation": _stance_rows("validation", 36),
        "test": _stance_rows("test", 36),
    }
    articles = _articles(140)

    # the same text as a test row; the id of a test article over another text; and the test article itself
    statements["train"].append({**statements["test"][0], "id": "planted-text"})
    topics["train"].append(
        {**topics["train"][0], "id": "held:listed", "text": "نص آخر تماما عن مباراة لم تذكر من قبل في أي مكان."}
    )
    stances["train"].append({**stances["test"][0], "id": "planted-stance"})
    articles.append(
        {"id": "saudinewsnet:planted", "title": "عنوان لا يقرأ أبدا هنا", "text": topics["test"][0]["text"]}
    )
    articles.append(
        {"id": "held:listed", "title": None, "text": "مقال طويل يعرف بمعرفه وحده ولا يشبه نصه شيئا مما سبق."}
    )

    for split, rows in statements.items():
        _write(root / "statements" / f"{split}.jsonl", rows)
    for split, rows in topics.items():
        _write(root / "topic_iptc" / f"{split}.jsonl.xz", rows)
    for split, rows in stances.items():
        _write(root / "stance" / "ans" / f"{split}.jsonl", rows)
    _write(root / "corpus" / "saudinewsnet.jsonl.xz", articles[:100] + articles[-2:])
    plain = [{**row, "id": row["id"].replace("saudinewsnet", "plain"), "title": None} for row in articles[100:-2]]
    _write(root / "corpus" / "plain.jsonl.xz", plain)
    headlines = [
        {"id": f"headline-{n}", "title": row["title"], "text": row["text"]} for n, row in enumerate(topics["test"][:16])
    ]
    _write(root / "summarisation" / "tiny" / "test.jsonl.xz", headlines)
    (root / "heldout_ids.tsv").write_text("held:listed\ttopic_iptc/test\nheld:free\ttopic/ant/test\n", encoding="utf-8")
    return World(root, {"statements/train": 1, "topic_iptc/train": 1, "stance/ans/train": 1, "corpus": 2})


# --- tiny models ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Path:
    """Where the session's models go."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def prepared(world, runs) -> tuple[Path, dict]:
    """Tokenizer, shards and first embeddings of the tiny corpus, and the report."""
    from tasrih.training.prepare import PrepareConfig, prepare

    folder = runs / "corpora"
    return folder, prepare(PrepareConfig(str(folder), corpora=["corpus"], vocabulary=300, width=32), world.root)


@pytest.fixture(scope="session")
def pretrain_config(prepared, runs):
    """The settings that the tiny encoder was pretrained with."""
    from tasrih.training.pretrain import PretrainConfig

    folder, _ = prepared
    return PretrainConfig(
        output=str(runs / "encoder"), tokenizer=str(folder), shards={str(folder / "corpus.npy"): 1.0}, minutes=0.08,
        embeddings=str(folder / "embeddings.npy"), hidden_size=32, layers=2, heads=2, intermediate_size=64, windows=8,
        length=32, long_length=64, learning_rate=5e-3, warmup_steps=5, held_out_tokens=2200, bf16=False, compile=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def pretrained(pretrain_config) -> tuple[Path, dict]:
    """The tiny encoder and its figures, by a clock of its own: however busy the machine, it is trained for 800 steps."""
    from tasrih.training import checkpoints
    from tasrih.training.pretrain import pretrain

    tick = pretrain_config.minutes * 60 / 800
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "monotonic", (number * tick for number in count()).__next__)
        return Path(pretrain_config.output), pretrain(pretrain_config)


def _classifier(encoder: Path, world: World, output: Path, task: str, name: str, **changes) -> tuple[Path, dict]:
    from tasrih.training.classification import ClassifierConfig, Source, train_classifier

    settings = {"epochs": 3, "batch_size": 16, "learning_rate": 4e-3, "bf16": False, "max_length": 48, "dropout": 0.0}
    train = [Source(name)] + ([Source("statements", "train_written")] if name == "statements" else [])
    config = ClassifierConfig(
        task, str(encoder), str(output), train, Source(name, "validation"), **{**settings, **changes}
    )
    return output, train_classifier(config, world.root)


@pytest.fixture(scope="session")
def statement_model(pretrained, world, runs) -> tuple[Path, dict]:
    """A tiny statement classifier with a token head, and its figures."""
    return _classifier(
        pretrained[0], world, runs / "statement", "statement", "statements", spans=True, metric="micro_f1", epochs=12,
        token_dropout=0.05,
    )  # fmt: skip


@pytest.fixture(scope="session")
def topic_model(pretrained, world, runs) -> tuple[Path, dict]:
    """A tiny topic classifier, and its figures."""
    return _classifier(pretrained[0], world, runs / "topic", "topic", "topic_iptc", metric="accuracy", epochs=4)


@pytest.fixture(scope="session")
def stance_model(pretrained, world, runs) -> tuple[Path, dict]:
    """A tiny stance classifier, and its figures."""
    return _classifier(pretrained[0], world, runs / "stance", "stance", "stance/ans", epochs=2)


@pytest.fixture(scope="session")
def summary_model(world, runs) -> tuple[Path, dict]:
    """A tiny summariser, and its figures."""
    from tasrih.training.summarisation import SummariserConfig, train_summariser

    config = SummariserConfig(
        str(runs / "summary"),
        minutes=0.16,
        titled=["saudinewsnet"],
        vocabulary=400,
        width=32,
        heads=2,
        feed_forward=64,
        encoder_layers=1,
        decoder_layers=1,
        batch_size=8,
        source=64,
        target=16,
        copy_source=32,
        learning_rate=1e-2,
        warmup_steps=5,
        bf16=False,
        compile=False,
        copy_share=0.2,
        dropout=0.0,
    )
    return runs / "summary", train_summariser(config, world.root)


@pytest.fixture(scope="session")
def exported_statement(statement_model, runs) -> Path:
    """The statement classifier as ONNX."""
    from tasrih.training.export import export_classifier

    return export_classifier(statement_model[0], runs / "exported" / "statement")


@pytest.fixture(scope="session")
def exported_summary(summary_model, runs) -> Path:
    """The summariser as ONNX."""
    from tasrih.training.export_summariser import export_summariser

    return export_summariser(summary_model[0], runs / "exported" / "summary")
