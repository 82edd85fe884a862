"""Measure tasrih beside what else would do its work: one command, one table, the machine named.

    python scripts/benchmark.py runs/statement             # about an hour on two cores
    python scripts/benchmark.py runs/statement --quick     # within three minutes, rough

The checkpoint is what ``tasrih train configs/statement.yaml`` saved, so that every contender computes the same weights;
texts are the sentences of the statement test set and whole articles of the corpus under the data root. Each contender
runs in a process of its own with the same number of threads. Written: ``benchmark.json`` and ``benchmark.svg``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from tasrih.data.corpus import data_root, read_rows
from tasrih.models.engines import cores
from tasrih.models.engines.machine import processor_flags

HERE = Path(__file__).parent
OURS = ("onnx", "openvino", "torch", "torch:bf16")
RIVALS = ("pipeline", "pipeline-best", "pipeline-bf16", "eager", "eager-bf16", "tfidf")
COLUMNS = (
    ("sentences_per_second", "sentences/s", "{:,.0f}"), ("articles_per_second", "articles/s", "{:,.1f}"),
    ("latency_p50_ms", "p50 ms", "{:.1f}"), ("latency_p95_ms", "p95 ms", "{:.1f}"),
    ("cold_start_s", "cold start s", "{:.2f}"), ("peak_memory_mib", "peak MiB", "{:,.0f}"),
    ("share_of_limit", "of GEMM limit", "{:.0%}"), ("against_pipeline", "x pipeline", "{:.2f}"),
    ("against_pipeline_best", "x its best batch", "{:.2f}"),
)  # fmt: skip


def machine(threads: int) -> dict:
    """Name the machine and the versions, without which a rate says little."""
    model = "unknown processor"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    telling = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    packages = {name: name for name in ("onnxruntime", "openvino", "torch", "transformers", "tokenizers", "numpy")}
    packages["scikit-learn"] = "sklearn"
    return {
        "processor": model, "cores": cores(), "threads": threads,
        "instructions": [flag for flag in telling if flag in processor_flags()], "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name, module in packages.items() if find_spec(module)},
    }  # fmt: skip


class Measured:
    """Runs measurements in processes of their own."""

    def __init__(self, job: Path, threads: int | None) -> None:
        self._job = job
        self._environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "PYTHONUTF8": "1"}
        if threads is not None:  # else as many as each library starts by itself
            # the same threads for all; what starts more of its own would be measured against itself
            names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
            self._environment |= dict.fromkeys(names, str(threads))

    def __call__(self, what: str, *arguments: str) -> dict | list | None:
        """Give what a measurement printed; None, with its last line on stderr, where it failed."""
        command = [sys.executable, str(HERE / "benchmark_contenders.py"), what, str(self._job), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            print(f"{what} {' '.join(arguments)}: not measured ({reason})", file=sys.stderr)
            return None
        return json.loads(done.stdout.strip().splitlines()[-1])

    def cold_start(self, key: str, repeats: int) -> float | None:
        """Give the median time from the start of a process to its first answer."""
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            if self("first", key) is None:
                return None
            times.append(time.perf_counter() - start)
        return statistics.median(times)


def export(checkpoint: Path, output: Path) -> Path:
    """Write the checkpoint's weights in tasrih's own layout, unless they are there already."""
    folder = output / "exported"
    stamp = (checkpoint / "model.safetensors").stat().st_mtime
    if not (folder / "config.json").exists() or (folder / "config.json").stat().st_mtime < stamp:
        from tasrih.training.export import export_classifier

        export_classifier(checkpoint, folder)
    return folder


def table(rows: list[dict]) -> str:
    """Lay the rows out as a Markdown table."""
    lines = ["| | " + " | ".join(head for _, head, _ in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in rows:
        cells = ["-" if row.get(key) is None else form.format(row[key]) for key, _, form in COLUMNS]
        lines.append(f"| {row['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def finish(rows: list[dict], limit: dict | None) -> None:
    """Add the ratios to rows: against the pipeline in both ways, and the share of the limit."""
    rates = {row["key"]: row["sentences_per_second"] for row in rows}
    for row in rows:
        for name, key in (("against_pipeline", "pipeline"), ("against_pipeline_best", "pipeline-best")):
            row[name] = row["sentences_per_second"] / rates[key] if key in rates else None
        gemm = (limit or {}).get("gemm_flops", {}).get(row["precision"])
        row["share_of_limit"] = row["sentences_per_second"] * limit["flops_per_sentence"] / gemm if gemm else None


def main() -> None:
    """Measure, print the table, write the files."""
    from benchmark_plot import plot

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="what `tasrih train configs/statement.yaml` saved")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmark"), help="folder for the results")
    parser.add_argument("--quick", action="store_true", help="few texts, one repeat, short curves: within 3 minutes")
    parser.add_argument("--texts", type=int, default=None, help="sentences (default 2000; 200 with --quick)")
    parser.add_argument("--articles", type=int, default=None, help="articles (default 200; 10 with --quick)")
    parser.add_argument("--repeats", type=int, default=None, help="repeats, of which the median is given (default 5)")
    parser.add_argument("--most-texts", type=int, default=10**6, help="end of the stream curve")
    parser.add_argument("--threads", type=int, default=cores(), help="threads of every contender")
    parser.add_argument("--only", nargs="*", choices=OURS + RIVALS, default=OURS + RIVALS, help="some contenders")
    options = parser.parse_args()
    if not (options.checkpoint / "config.json").is_file():
        parser.error(f"{options.checkpoint} holds no checkpoint: run `tasrih train configs/statement.yaml` first")
    repeats = options.repeats or (1 if options.quick else 5)
    root = data_root()
    sentences = [row["text"] for row in read_rows(root / "statements" / "test.jsonl")]
    count = options.texts or (200 if options.quick else 2000)
    corpus = read_rows(root / "corpus" / "saudinewsnet.jsonl.xz")
    articles = [row["text"] for row in islice(corpus, options.articles or (10 if options.quick else 200))]
    options.output.mkdir(parents=True, exist_ok=True)
    job = {
        "checkpoint": str(options.checkpoint), "exported": str(export(options.checkpoint, options.output)),
        "data": str(root), "texts": (sentences * (count // len(sentences) + 1))[:count], "articles": articles,
        "repeats": repeats, "threads": options.threads,
        "lengths": [16, 64, 256] if options.quick else [2**power for power in range(4, 13)],
        "counts": [100, 1000] if options.quick else [10**p for p in range(2, 7) if 10**p <= options.most_texts],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:  # holds texts: not with the results
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        measured = Measured(path, options.threads)
        limit = measured("limit")
        rows = []
        for key in options.only:
            if key == "openvino" and find_spec("openvino") is None:
                continue
            if (row := measured("measure", key)) is not None:
                row["cold_start_s"] = measured.cold_start(key, 1 if options.quick else 5)
                rows.append(row)
                print(f"{row['name']}: {row['sentences_per_second']:,.0f} sentences/s", file=sys.stderr)
        finish(rows, limit)
        best = [row["key"] for row in rows if row["key"] in ("onnx", "openvino")]
        free = Measured(path, None)
        mine = [row["key"] for row in rows if row["key"] in ("onnx", "openvino", "torch")]
        report = {
            "machine": machine(options.threads), "texts": count, "articles": len(articles), "repeats": repeats,
            "limit": limit, "contenders": rows, "agreement": measured("agreement"),
            "workers": [found for key in mine if (found := free("workers", key)) is not None],
            "curves": [curve for key in best if (curve := measured("curves", key)) is not None],
        }  # fmt: skip
    (options.output / "benchmark.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (options.output / "benchmark.svg").write_text(plot(report["curves"]), encoding="utf-8")
    named = report["machine"]
    print(f"{named['processor']}, {named['threads']} threads ({', '.join(named['instructions'])}); {count} sentences")
    print(table(rows))
    for row in report["agreement"] or ():
        print(
            f"{row['engine']}: same labels as onnx {row['same_labels']:.2%}, same speaker and targets "
            f"{row['same_speaker_and_targets']:.2%}, same stances {row['same_stances']:.2%}, score difference p99 "
            f"{row['score_difference_p99']:.4f}, a batch moves {row['batch_moves_score']:.1e} "
            f"and {row['batch_moves_labels']} labels"
        )
    for found in report["workers"]:
        told = "; ".join(
            f"{row['num_workers']} workers {row['sentences_per_second']:,.0f} sentences/s, {row['threads']} threads, "
            f"{row['cores_busy']:.1f} cores busy" for row in found["by_workers"]
        )  # fmt: skip
        print(f"{found['engine']} on {found['cores']} cores: {told}")
    print(f"wrote {options.output / 'benchmark.json'} and benchmark.svg", file=sys.stderr)


if __name__ == "__main__":
    main()
