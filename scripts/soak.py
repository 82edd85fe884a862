"""The long forms of what the tests try in short: kills, hostile texts, growth, many clients, the API's contract.

    python scripts/soak.py                       # everything; about two hours on two quiet cores
    python scripts/soak.py kills load --quick    # some of it, small: minutes

Everything runs on this machine; the server listens on loopback alone. Written: ``runs/soak.json``; the exit code is 1
where there is a fault, or where a part that was named could not be done. ``openapi`` needs schemathesis
(``pip install schemathesis``, in any environment: ``--schemathesis`` names its command).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from soak_texts import SENTENCES, fuzz, growth

import tasrih


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything.

    Attributes:
        kills: kills of a resumed run.
        articles: articles that it tags.
        fuzz_seconds: time for hostile texts.
        fuzz_sizes: their characters.
        growth_sizes: bytes of the texts that are timed, for functions without a model.
        growth_heavy: the largest of these for functions with one.
        growth_budget: seconds that one call may be foreseen to take.
        clients: clients at once.
        load_seconds: how long they ask.
        examples: examples an operation of the API.
    """

    kills: int
    articles: int
    fuzz_seconds: float
    fuzz_sizes: tuple[int, ...]
    growth_sizes: tuple[int, ...]
    growth_heavy: int
    growth_budget: float
    clients: int
    load_seconds: float
    examples: int


FULL = Scale(
    10, 6000, 900, (40, 400, 4000, 40_000, 100_001, 1_000_000), (10**4, 10**5, 10**6, 10**7), 10**6, 300, 200, 60, 200
)
QUICK = Scale(3, 3000, 60, (40, 400, 4000, 100_001), (10**4, 10**5, 10**6), 10**5, 8, 200, 15, 15)

#: An exponent over this, of a call that takes this many seconds, is not linear work.
STEEPEST, MATTERS = 1.35, 1.0

#: MiB by which the server may grow under load: its threads' work in hand, and what the allocator keeps.
MOST_GROWTH = 384


@dataclass(slots=True)
class Part:
    """What one part found.

    Attributes:
        name: the part.
        cases: things tried.
        faults: what was wrong, in words.
        facts: what was measured.
    """

    name: str
    cases: int = 0
    faults: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def kills(scale: Scale, rng: random.Random) -> Part:
    """Kill ``tasrih tag --output --resume`` at random moments; what comes out must be the uninterrupted output."""
    part = Part("kills")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, whole, output = folder / "in.jsonl", folder / "whole.jsonl", folder / "out.jsonl"
        source.write_text("".join(_lines(rng, scale.articles)), encoding="utf-8")
        began = time.monotonic()
        subprocess.run(_tag(source, whole), check=True, env=_environment())
        full = time.monotonic() - began
        expected = whole.read_bytes()
        rests: list[int] = []
        moments: list[float] = []
        while len(moments) < scale.kills:
            process = subprocess.Popen(_tag(source, output, "--resume"), env=_environment())
            moment = rng.uniform(0.0, full / 2)
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                moments.append(round(moment, 2))
                left = folder / "out.jsonl.part"
                kept = left.read_bytes() if left.exists() else b""
                rests.append(len(kept))
                if not expected.startswith(kept[: kept.rfind(b"\n") + 1]):
                    part.faults.append(f"after kill {len(moments)} the part is no beginning of the whole")
                if output.exists():
                    part.faults.append(f"after kill {len(moments)} there is a file under the final name")
            else:
                _same(part, output, expected, "a run that ended between kills")
                output.unlink(missing_ok=True)
        subprocess.run(_tag(source, output, "--resume"), check=True, env=_environment())
        _same(part, output, expected, "the last run")
        if not any(rests):
            part.faults.append("no kill came in the middle of the output: take more articles")
        part.cases = len(moments)
        part.facts = {
            "articles": scale.articles, "bytes": len(expected), "uninterrupted_s": round(full, 1),
            "kills_at_s": moments, "bytes_left": rests,
        }  # fmt: skip
    return part


def _same(part: Part, output: Path, expected: bytes, what: str) -> None:
    if not output.exists() or output.read_bytes() != expected:
        part.faults.append(f"{what} did not write the uninterrupted output")


def _lines(rng: random.Random, count: int) -> Iterator[str]:
    for number in range(count):
        if rng.random() < 0.1:
            yield rng.choice(("{\n", '{"text": 3}\n', "\n", '{"text": "أ", "text": "ب"}\n', '{"text": ""}\n'))
        else:
            text = " ".join(rng.choices(SENTENCES, k=rng.randrange(1, 12)))
            yield json.dumps({"id": number, "text": f"{number}: {text}"}, ensure_ascii=False) + "\n"


def _tag(source: Path, output: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "tasrih.cli", "tag", str(source), "--output", str(output), *more]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1"}


def hostile(scale: Scale, rng: random.Random) -> Part:
    """Give every public function hostile texts, twice each."""
    cases, faults, slowest, what = fuzz(scale.fuzz_seconds, rng.randrange(2**32), scale.fuzz_sizes)
    told = [f"{f.function}, {f.kind}, {f.size:,} characters, seed {f.seed}: {f.told}" for f in faults]
    return Part("fuzz", cases, told, {"slowest_s": round(slowest, 2), "slowest": what})


def linear(scale: Scale, rng: random.Random) -> Part:
    """Time every public function at growing sizes."""
    part = Part("growth")
    rows = []
    for found in growth(scale.growth_sizes, scale.growth_heavy, scale.growth_budget):
        part.cases += len(found.seconds)
        rows.append({**asdict(found), "seconds": {str(size): round(s, 4) for size, s in found.seconds.items()}})
        worst = max(found.seconds.values(), default=0)
        if found.exponent is not None and found.exponent > STEEPEST and worst > MATTERS:
            part.faults.append(
                f"{found.function}, {found.kind}: grows with exponent {found.exponent:.2f} to {worst:.1f} s"
            )
    steepest = max((row for row in rows if row["exponent"]), key=lambda row: row["exponent"], default=None)
    part.facts = {"steepest": steepest, "rows": rows}
    return part


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Run ``tasrih serve`` on a free port of loopback; gives its address and its process's id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tasrih.cli", "serve", "--port", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=_environment(),
    )  # fmt: skip
    try:
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise SystemExit("`tasrih serve` did not start: pip install 'tasrih[serve]'")
        # what is not read would stop it
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield found[0], process.pid
    finally:
        process.terminate()
        process.wait(20)


def _resident(pid: int, field_name: str = "VmRSS") -> float:
    """Give a process's resident memory, or its peak (``VmHWM``), in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.search(rf"{field_name}:\s+(\d+) kB", status)[1]) / 1024, 1)


def load(scale: Scale, rng: random.Random) -> Part:
    """Ask with many clients at once: every answer is 200 or 503 with Retry-After, and memory stays bounded."""
    import httpx

    part = Part("load")
    statuses: Counter[str] = Counter()
    times: list[float] = []
    bodies = [("/v1/tag", {"text": " ".join(rng.choices(SENTENCES, k=size))}) for size in (1, 4, 12, 40)]
    bodies += [("/v1/classify", {"text": SENTENCES[0]}), ("/v1/read", {"texts": list(SENTENCES)}), ("/healthz", None)]

    async def client(asking: httpx.AsyncClient, own: random.Random, until: float) -> None:
        while time.monotonic() < until:
            path, body = own.choice(bodies)
            began = time.monotonic()
            try:
                answer = await (asking.get(path) if body is None else asking.post(path, json=body))
            except httpx.HTTPError as error:
                statuses[type(error).__name__] += 1
                continue
            statuses[str(answer.status_code)] += 1
            if answer.status_code == 200:
                times.append(time.monotonic() - began)
            elif answer.status_code == 503:
                if "retry-after" not in answer.headers:
                    part.faults.append("a 503 without Retry-After")
                # half of the clients are impatient
                await asyncio.sleep(0.05 if own.random() < 0.5 else float(answer.headers.get("retry-after", 1)))

    async def all_clients(address: str) -> None:
        limits = httpx.Limits(max_connections=scale.clients)
        async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits, trust_env=False) as asking:
            until = time.monotonic() + scale.load_seconds
            await asyncio.gather(*(client(asking, random.Random(n), until) for n in range(scale.clients)))

    with server() as (address, pid):
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as warm:
            for path, body in bodies * 3:  # opens the models
                warm.post(path, json=body) if body is not None else warm.get(path)
        before = _resident(pid)
        asyncio.run(all_clients(address))
        after, peak = _resident(pid), _resident(pid, "VmHWM")
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as again:
            if again.post(bodies[0][0], json=bodies[0][1]).status_code != 200:
                part.faults.append("it does not answer any more")
    part.cases = statuses.total()
    part.faults += [f"{count:,} answers {status}" for status, count in statuses.items() if status not in ("200", "503")]
    if peak - before > MOST_GROWTH:
        part.faults.append(f"memory grew from {before} to {peak} MiB")
    times.sort()
    part.facts = {
        "clients": scale.clients, "seconds": scale.load_seconds, "answers": dict(statuses),
        "share_200": round(statuses["200"] / max(part.cases, 1), 4),
        "answered_a_second": round(len(times) / scale.load_seconds, 1),
        "p50_s": round(statistics.median(times), 3) if times else None,
        "p99_s": round(times[int(0.99 * (len(times) - 1))], 3) if times else None,
        "mib_before": before, "mib_after": after, "mib_peak": peak,
    }  # fmt: skip
    return part


def openapi(scale: Scale, rng: random.Random, command: str | None) -> Part:
    """Hold the API to its own description with schemathesis."""
    part = Part("openapi")
    if command is None:
        part.facts = {"left_out": "schemathesis is not here: pip install schemathesis, or name it with --schemathesis"}
        return part
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    with server() as (address, _), tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [command, "run", f"{address}/openapi.json", "--checks", checks, "--max-examples", str(scale.examples),
             "--phases", "examples,coverage,fuzzing", "--seed", str(rng.randrange(2**31)), "--request-timeout", "60",
             "--suppress-health-check", "all", "--continue-on-failure"],
            capture_output=True, text=True, env=_environment(), cwd=folder,
        )  # fmt: skip
    lines = done.stdout.splitlines()
    counts = [int(found[1]) for line in lines if (found := re.search(r"(\d+) generated", line))]
    part.cases = sum(counts)
    part.facts = {"exit": done.returncode, "told": lines[-40:]}
    if done.returncode:
        part.faults.append(f"schemathesis ends with {done.returncode}: {'; '.join(lines[-6:])}")
    return part


PARTS: dict[str, Callable[..., Part]] = {
    "kills": kills, "fuzz": hostile, "growth": linear, "load": load, "openapi": openapi,
}  # fmt: skip


def main() -> None:
    """Run parts, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="small sizes, for trying it")
    parser.add_argument("--seed", type=int, default=7, help="of texts and moments")
    parser.add_argument("--output", type=Path, default=Path("runs/soak.json"), help="where the figures go")
    parser.add_argument("--schemathesis", default=shutil.which("schemathesis"), help="its command")
    given = parser.parse_args()
    if unknown := [name for name in given.parts if name not in PARTS]:
        parser.error(f"unknown part {unknown[0]!r}: choose from {', '.join(PARTS)}")
    scale = QUICK if given.quick else FULL
    found = []
    for name in given.parts or PARTS:
        print(f"{name} ...", file=sys.stderr)
        began = time.monotonic()
        more = (given.schemathesis,) if name == "openapi" else ()
        part = PARTS[name](scale, random.Random(given.seed), *more)
        if name in given.parts and (missing := part.facts.get("left_out")):
            part.faults.append(missing)  # what was asked for by name was not done
        part.facts["seconds_taken"] = round(time.monotonic() - began, 1)
        found.append(part)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "tasrih": tasrih.__version__}
    figures = {
        "machine": machine,
        "seed": given.seed,
        "scale": asdict(scale),
        "parts": [asdict(part) for part in found],
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    show(found)
    sys.exit(any(part.faults for part in found))


def show(found: list[Part]) -> None:
    """Print what was found."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("part", "cases", "faults", "measured"):
        table.add_column(head, overflow="fold")
    for part in found:
        facts = {key: value for key, value in part.facts.items() if key not in ("rows", "told")}
        told = "; ".join(f"{key} {value}" for key, value in facts.items())
        table.add_row(part.name, f"{part.cases:,}", str(len(part.faults)), told)
    console = Console(highlight=False, markup=False, width=140)
    console.print(table)
    for part in found:
        for fault in part.faults[:40]:
            console.print(f"{part.name}: {fault}")


if __name__ == "__main__":
    main()
