"""Many processes and many nodes: one output row an input row, also where a node is killed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import tasrih
from tasrih.errors import MissingExtraError

REPOSITORY = Path(__file__).parent.parent
SENTENCES = ("رحّب الوزير بالاتفاق.", "حذّر الأمين العام من «كارثة».", "دانت الحكومة الهجوم؟", "قال: لن نقبل بذلك، أبداً.")
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'tasrih[ray]'")


def run(code: str, tmp_path: Path, timeout: int = 280) -> str:
    """Run a script: Ray and forked processes keep out of the process of the tests."""
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    environment = {
        **os.environ, "PYTHONUTF8": "1", "RAY_USAGE_STATS_ENABLED": "0", "HF_HUB_OFFLINE": "1", "RAY_DEDUP_LOGS": "0",
        "HF_HOME": str(tmp_path / "hf"), "TOKENIZERS_PARALLELISM": "false",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # which makes Ray keep to the loopback address
    }  # fmt: skip
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, env=environment, timeout=timeout,
            cwd=tmp_path,
        )  # fmt: skip
        # Ray waits 30 seconds for its own node, which a loaded machine may need longer to start
        if "timed out during startup" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_example_with_datasets_runs(tmp_path):
    page = (REPOSITORY / "docs" / "tag_a_million.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"<!-- a test runs this -->\n```python\n(.*?)```", page, flags=re.S)
    out = run(code, tmp_path)
    texts = ["رحّب الوزير بالاتفاق.", "حذّر الأمين العام من الحرب.", "دانت الحكومة الهجوم."]
    expected = [list(prediction.labels) for prediction in tasrih.classify(texts, "statement")]
    assert out.strip().splitlines()[-1] == repr(expected)


def test_a_missing_ray_names_the_line_that_installs_it(monkeypatch):
    from tasrih.distributed import tag_dataset

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tasrih\[ray\]'"):
        tag_dataset("articles")


@needs_ray
def test_files_that_it_cannot_read_are_named(tmp_path):
    from tasrih.distributed import tag_dataset

    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        tag_dataset(tmp_path / "nowhere")
    (tmp_path / "a.csv").write_text("text\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"holds \.csv files: give \.parquet or \.jsonl"):
        tag_dataset(tmp_path)
    with pytest.raises(ValueError, match=r"gpus 0\.25: the bundled model runs on the CPU"):
        tag_dataset(tmp_path, gpus=0.25)
    with pytest.raises(ValueError, match=r"s3://bucket/articles/ names no \.parquet or \.jsonl file: give a dataset"):
        tag_dataset("s3://bucket/articles/")


@needs_ray
@pytest.mark.parametrize("workers", [(3, 1), None, (1,), (1, 2, 3), 0, True, 1.5, "12", (1, None), {1, 2}])
def test_workers_that_are_no_numbers_are_named(tmp_path, workers):
    from tasrih.distributed import tag_dataset

    with pytest.raises(ValueError, match=r"workers must be a positive number, .* as in \(1, 64\), not ") as refused:
        tag_dataset(tmp_path, workers=workers)
    assert str(refused.value).endswith(repr(workers))


class Dataset:
    """Stands for Ray's: what is asked of it, without a cluster."""

    def __init__(self, names):
        self.names = names
        self.given = None

    def columns(self):
        return self.names

    def repartition(self, **given):
        return self

    def map_batches(self, actor, **given):
        self.given = given
        return self


@needs_ray
@pytest.mark.parametrize("names", [["text", "id"], None])
def test_columns_are_looked_at_before_any_actor_starts(monkeypatch, names):
    import ray.data

    from tasrih.distributed import tag_dataset

    monkeypatch.setattr(ray.data, "Dataset", Dataset)
    made = Dataset(names)
    assert tag_dataset(made, workers=2) is made and made.given["fn_constructor_kwargs"]["column"] == "text"
    for columns, column, told in (
        (["id", "body"], "text", r"column 'text': the rows have id, body: give column="),
        (["text", "document"], "text", r"the rows have a column 'document' already, .* rename it first"),
        (["document"], "document", r"the rows have a column 'document' already"),
    ):
        made = Dataset(columns)
        with pytest.raises(ValueError, match=told):
            tag_dataset(made, column=column)
        assert made.given is None


@needs_ray
@pytest.mark.parametrize(
    ("data", "reader", "names"),
    [
        ("s3://bucket/x.parquet", "read_parquet", ["s3://bucket/x.parquet"]),
        (["gs://b/a.jsonl", "gs://b/b.json"], "read_json", ["gs://b/a.jsonl", "gs://b/b.json"]),
        ("https://host/x.parquet?key=a.b", "read_parquet", ["https://host/x.parquet?key=a.b"]),
    ],
)
def test_a_url_is_passed_on_as_it_is(monkeypatch, data, reader, names):
    import ray.data

    from tasrih.distributed import tag_dataset

    monkeypatch.setattr(ray.data, "Dataset", Dataset)
    given = []
    monkeypatch.setattr(ray.data, reader, lambda paths, **more: given.append(paths) or Dataset(["text"]))
    tag_dataset(data)
    assert given == [names]


@needs_ray
def test_paths_are_opened_by_their_suffix(monkeypatch, tmp_path):
    import ray.data

    from tasrih.distributed import tag_dataset

    monkeypatch.setattr(ray.data, "Dataset", Dataset)
    given = []
    monkeypatch.setattr(ray.data, "read_json", lambda paths, **more: given.append(paths) or Dataset(["text"]))
    (tmp_path / "in").mkdir()
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / "in" / name).write_text('{"text": "خبر"}\n', encoding="utf-8")
    tag_dataset(tmp_path / "in")
    tag_dataset([str(tmp_path / "in" / "b.jsonl")])
    assert given == [[str(tmp_path / "in" / name) for name in ("a.jsonl", "b.jsonl")], [str(tmp_path / "in" / "b.jsonl")]]


@pytest.mark.parametrize("columns", [("body",), ("text", "document")])
def test_an_actor_names_the_columns_of_a_block_that_is_unlike_the_others(columns):
    import numpy as np

    from tasrih.distributed import _Actor

    batch = {name: np.array([SENTENCES[0]], dtype=object) for name in columns}
    with pytest.raises(ValueError, match="column 'text': the rows have body" if len(columns) == 1 else "'document' already"):
        _Actor("text", None, None, None)(batch)


def test_an_actor_gives_each_row_its_document_or_its_error():
    import numpy as np

    from tasrih.distributed import _Actor

    texts = np.array([SENTENCES[0], None, "", 7, SENTENCES[1]], dtype=object)
    done = _Actor("text", None, None, None)({"id": np.arange(5), "text": texts})
    found = [json.loads(row) for row in done["document"]]
    assert done["id"].tolist() == [0, 1, 2, 3, 4]
    assert [row.get("error") for row in found] == [
        None, "text is of type NoneType: expected a str", None, "text is of type int: expected a str", None,
    ]  # fmt: skip
    assert found[0]["statements"][0]["tags"] == list(tasrih.tag(SENTENCES[0]).statements[0].tags)
    assert found[2]["statements"] == [] and found[4]["text"] == SENTENCES[1]


COLUMNS = """
import json
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq

SENTENCES = {sentences!r}
folder = Path({folder!r})
pq.write_table(pa.table({{"id": [0, 1], "body": list(SENTENCES[:2])}}), folder / "a.parquet")
(folder / "b.jsonl").write_text(json.dumps({{"text": SENTENCES[0], "document": 7}}) + "\\n", encoding="utf-8")

import ray
ray.init(num_cpus=2, include_dashboard=False, object_store_memory=10**8, log_to_driver=False, _node_ip_address="127.0.0.1")
from tasrih.distributed import tag_dataset

ray.data.DataContext.get_current().enable_progress_bars = False
refused = []
for name in ("a.parquet", "b.jsonl"):
    try:
        tag_dataset(folder / name)
    except ValueError as error:
        refused.append(str(error))
renamed = ray.data.read_json(str(folder / "b.jsonl"), lines=True).rename_columns({{"document": "article"}})
tagged = [tag_dataset((folder / "a.parquet").as_uri(), column="body", workers=1), tag_dataset(renamed, workers=1)]
rows = [row for dataset in tagged for row in dataset.iter_rows()]
print(json.dumps({{"refused": refused, "rows": rows}}))
ray.shutdown()
"""


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ray_names_the_columns_and_opens_urls(tmp_path):
    out = run(COLUMNS.format(sentences=SENTENCES, folder=str(tmp_path)), tmp_path)
    report = json.loads(out.strip().splitlines()[-1])
    assert [told.split(":")[0] for told in report["refused"]] == [
        "column 'text'", "the rows have a column 'document' already, which the result would overwrite",
    ]  # fmt: skip
    assert "the rows have id, body" in report["refused"][0]
    texts = [json.loads(row["document"])["text"] for row in report["rows"]]
    assert texts == [*SENTENCES[:2], SENTENCES[0]] and report["rows"][2]["article"] == 7


CLUSTER = """
import json, sys, threading, time
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq

SENTENCES = {sentences!r}
ROWS, FILES = 160, 8
folder = Path({folder!r})
(folder / "in").mkdir()
for file in range(FILES):
    ids = list(range(file, ROWS, FILES))
    texts = [f"{{number}}: " + " ".join(SENTENCES * 40) for number in ids]
    pq.write_table(pa.table({{"id": ids, "text": texts}}), folder / "in" / f"{{file}}.parquet")

import ray
from ray._private.state import actors
from ray.cluster_utils import Cluster

# one actor of two cores a node, and a core each for what reads
place = {{"node_ip_address": "127.0.0.1", "num_cpus": 3, "object_store_memory": 10**8}}
cluster = Cluster(initialize_head=True, head_node_args={{"include_dashboard": False, **place}})
doomed = cluster.add_node(**place)
ray.init(address=cluster.address, log_to_driver=False)
from tasrih.distributed import tag_dataset

ray.data.DataContext.get_current().enable_progress_bars = False
tagged = tag_dataset(folder / "in", workers=2, batch_rows=4, cpus=2)
rows, killed_at = [], []


def busy():
    return any(
        actor["ActorClassName"].startswith("MapWorker") and actor["State"] == "ALIVE"
        and actor["Address"]["NodeID"] == doomed.node_id for actor in actors().values()
    )


def kill():
    # as soon as an actor on that node has opened its model and had time to begin, rows having come out already
    while not busy() or not rows:
        time.sleep(0.05)
    if busy():
        cluster.remove_node(doomed, allow_graceful=False)
        killed_at.append(len(rows))


threading.Thread(target=kill, daemon=True).start()
for row in tagged.iter_rows():
    rows.append(row)
until = time.monotonic() + 60
while sum(node["Alive"] for node in ray.nodes()) > 1 and time.monotonic() < until:
    time.sleep(0.5)
lines = [json.dumps({{"id": number, "text": SENTENCES[number % 4]}}) for number in range(5)]
(folder / "more.jsonl").write_text("\\n".join(lines) + "\\n", encoding="utf-8")
more = tag_dataset(folder / "more.jsonl").take_all()
print(json.dumps({{
    "more": [[row["id"], json.loads(row["document"])["text"]] for row in more], "killed_at": killed_at, "nodes": sum(node["Alive"] for node in ray.nodes()),
    "rows": [[row["id"], row["document"]] for row in rows],
}}))
sys.stdout.flush()
ray.shutdown()
cluster.shutdown()
"""


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_killed_node_loses_nothing_and_doubles_nothing(tmp_path):
    out = run(CLUSTER.format(sentences=SENTENCES, folder=str(tmp_path)), tmp_path, timeout=400)
    report = json.loads(out.strip().splitlines()[-1])
    (killed_at,) = report["killed_at"]
    assert 0 < killed_at < 160 and report["nodes"] == 1  # an actor was lost with its node, in mid-run
    assert sorted(number for number, _ in report["rows"]) == list(range(160))
    assert sorted(report["more"]) == [[number, SENTENCES[number % 4]] for number in range(5)]
    documents = {number: json.loads(document) for number, document in report["rows"]}
    whole = " ".join(SENTENCES * 40)
    assert all(documents[number]["text"] == f"{number}: {whole}" for number in range(160))
    for number, document in enumerate(tasrih.tag([f"{number}: {whole}" for number in range(4)])):
        assert [row["tags"] for row in documents[number]["statements"]] == [list(s.tags) for s in document.statements]
