"""The whole pipeline over labelled reports: F1 of techniques, time, and what becomes of every rule.

    python bench/reports.py [REPORTS.jsonl]

Each line of the file is `{"id", "text", "techniques"}`; the default is `../shared/data/reports/tram.jsonl`.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.progress import track
from sigma.collection import SigmaCollection

from adapters.cloudsigma.local.pipeline import Pipeline, open_pipeline
from adapters.cloudsigma.local.sources.nvd import Nvd
from adapters.cloudsigma.local.worker import EngineSettings
from adapters.cloudsigma.models import Output, Siem, Stage
from adapters.cloudsigma.validation import validated
from adapters.workers import Workers
from gateway.configuration.settings import read_settings

T = TypeVar("T")

REPORTS = Path(__file__).parents[2] / "shared" / "data" / "reports" / "tram.jsonl"


class Labelled(msgspec.Struct, frozen=True):
    """A report, and the techniques that analysts marked in it."""

    id: str
    text: str
    techniques: list[str]


class Result(msgspec.Struct, frozen=True):
    """What became of a report."""

    seconds: float
    f1: float
    output: Output


async def run_stage(stage: Stage, result: type[T], function: Callable[[], Awaitable[T]]) -> T:  # noqa: ARG001 - the protocol's
    """Run a stage plainly."""
    return await function()


def f1_of(found: set[str], marked: set[str]) -> float:
    """Harmonic mean of precision and recall over sets of technique ids."""
    return 2 * len(found & marked) / (len(found) + len(marked)) if found or marked else 1.0


async def measure(pipeline: Pipeline, report: Labelled) -> Result:
    """Take a report through all stages, for all platforms and SIEMs."""
    began = time.perf_counter()
    output = await pipeline.run(validated(text=report.text), run_stage)
    seconds = time.perf_counter() - began
    return Result(seconds, f1_of({ttp.technique_id for ttp in output.ttps}, set(report.techniques)), output)


def summarise(results: list[Result]) -> None:
    """Print the figures."""
    rules = [rule for result in results for rule in result.output.rules]
    unparsed = sum(bool(SigmaCollection.from_yaml(rule.sigma).errors) for rule in rules)
    converted = Counter(siem for rule in rules for siem in rule.queries)
    dropped = Counter(
        notice.code for result in results for notice in result.output.pipeline_notices if notice.severity == "warning"
    )
    seconds = sorted(result.seconds for result in results)
    print(f"reports            {len(results)}, all succeeded")
    print(f"mean F1            {statistics.mean(result.f1 for result in results):.3f}")
    print(
        f"seconds a report   median {statistics.median(seconds):.2f}, p95 {seconds[round(0.95 * len(seconds)) - 1]:.2f}"
    )
    print(f"rules              {len(rules)}, {unparsed} do not parse")
    print(f"warnings           {dict(dropped)}")
    for siem in Siem:
        print(f"converted to       {siem:<14} {converted[siem.value]:>5} ({converted[siem.value] / len(rules):.1%})")


def read_reports(path: Path) -> list[Labelled]:
    """Read labelled reports, one a line."""
    return [msgspec.json.decode(line, type=Labelled) for line in path.read_bytes().splitlines() if line]


async def main(reports: list[Labelled]) -> None:
    """Measure all reports, one after the other, on one warm worker."""
    settings = read_settings()
    engine = EngineSettings(cache_dir=settings.engine_cache, attack_bundle=settings.attack_bundle)
    async with open_pipeline(Workers(1), engine, Nvd(), frozenset()) as pipeline:
        await pipeline.warm()
        summarise([await measure(pipeline, report) for report in track(reports, "reports")])


if __name__ == "__main__":
    asyncio.run(main(read_reports(Path(sys.argv[1]) if len(sys.argv) > 1 else REPORTS)))
