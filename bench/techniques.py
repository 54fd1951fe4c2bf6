"""How well techniques are found: `python bench/techniques.py [FILE]`, with a report `{id, text, techniques}` a line.

Prints the mean over reports of precision, recall and F1 of the set of technique ids, each id compared exactly.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge, load_knowledge  # noqa: E402 - after the path
from adapters.cloudsigma.local.attack.model import load_model  # noqa: E402 - likewise
from adapters.cloudsigma.local.material import Report  # noqa: E402 - likewise
from adapters.cloudsigma.local.stages.extract import extract  # noqa: E402 - likewise

REPORTS = ROOT.parent / "shared/data/reports/tram.jsonl"
HALVINGS = 200


class Labelled(msgspec.Struct, frozen=True):
    """A report and the ids that analysts marked in it."""

    id: str
    text: str
    techniques: frozenset[str]


class Measured(msgspec.Struct, frozen=True):
    """One report's figures; `seconds` is the wall-clock time of the whole extraction."""

    precision: float
    recall: float
    f1: float
    seconds: float


def measure(found: frozenset[str], marked: frozenset[str], seconds: float) -> Measured:
    """Compare two sets of ids."""
    right = len(found & marked)
    return Measured(
        precision=right / len(found) if found else 0.0,
        recall=right / len(marked) if marked else 0.0,
        f1=2 * right / (len(found) + len(marked)) if found or marked else 1.0,
        seconds=seconds,
    )


def present(marked: frozenset[str], knowledge: AttackKnowledge) -> frozenset[str]:
    """Return the ids with those that ATT&CK has since replaced put into their present form."""
    return frozenset(now.technique_id if (now := knowledge.technique(old)) else old for old in marked)


def show(title: str, measured: list[Measured]) -> None:
    """Print the means, and how the F1 of random halves of the reports varies."""
    scores = [one.f1 for one in measured]
    draw = random.Random(0)
    halves = [statistics.mean(draw.sample(scores, max(1, len(scores) // 2))) for _ in range(HALVINGS)]
    print(
        f"{title}: F1 {statistics.mean(scores):.3f}  precision {statistics.mean(m.precision for m in measured):.3f}"
        f"  recall {statistics.mean(m.recall for m in measured):.3f}"
        f"  | random halves: F1 {min(halves):.3f} to {max(halves):.3f}, deviation {statistics.pstdev(halves):.3f}"
    )


def main() -> None:
    """Measure and print."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else REPORTS
    reports = [msgspec.json.decode(line, type=Labelled) for line in path.read_bytes().splitlines() if line.strip()]
    knowledge = load_knowledge()
    with tempfile.TemporaryDirectory() as cache:
        started = time.perf_counter()
        load_model(Path(cache), knowledge)
        trained = time.perf_counter()
        model = load_model(Path(cache), knowledge)
        loaded = time.perf_counter()
        size = sum(file.stat().st_size for file in Path(cache).iterdir())
    print(
        f"model: trained in {trained - started:.1f} s, loaded in {loaded - trained:.2f} s, {size / 1e6:.1f} MB cached"
    )
    extract(Report(text=reports[0].text), knowledge, model)
    exact, renamed, within = [], [], []
    vocabulary = frozenset().union(*(present(report.techniques, knowledge) for report in reports))
    for report in reports:
        begun = time.perf_counter()
        extraction = extract(Report(text=report.text), knowledge, model)
        seconds = time.perf_counter() - begun
        found = frozenset(finding.ttp.technique_id for finding in extraction.techniques)
        exact.append(measure(found, report.techniques, seconds))
        renamed.append(measure(found, present(report.techniques, knowledge), seconds))
        within.append(measure(found & vocabulary, present(report.techniques, knowledge), seconds))
    print(f"{len(reports)} reports")
    show("exact ids", exact)
    show("replaced ids brought up to date", renamed)
    show("and only ids that analysts marked in any report", within)
    times = sorted(one.seconds for one in exact)
    print(
        f"seconds a report: median {statistics.median(times):.2f}, 95th percentile {times[int(len(times) * 0.95)]:.2f}"
    )


if __name__ == "__main__":
    main()
