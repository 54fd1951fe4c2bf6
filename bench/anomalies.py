"""The anomaly detector beside others on labelled series: NAB's score, precision and recall, one threshold for all.

    python bench/anomalies.py [FOLDER]

The folder holds `timestamp,value` files and their labelled `windows.json`; the default is `../shared/data/cost-series`.
Every detector sees a row with nothing but the rows before it, and each is scored as it is and with the same rule that
an alarm is not repeated within 144 rows unless it gets worse. Random cut forest is AWS's own: `pip install krcf`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from krcf import RandomCutForest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.ensemble import IsolationForest

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.cloudlink.local.anomaly.detector import THRESHOLD, alarms, score
from bench.nab import Labelled, alarms_at, best_alarms, best_score, read_labelled, score_at

SERIES = Path(__file__).parents[2] / "shared" / "data" / "cost-series"
LAGS = 12
REFIT = 288
ROLLING = 288
PAST = 2016
SHINGLE = 8
SPLITS = 20
DAY_SECONDS = 86_400

Floats = NDArray[np.float64]
Detector = Callable[[Labelled], Floats]


def ours(series: Labelled) -> Floats:
    """Score with the project's detector, whose alarms are raised once."""
    return alarms(score(series.values, rows_of_a_day(series)).composite)


def rows_of_a_day(series: Labelled) -> int:
    """Give how many of a series' steps make a day."""
    steps = [(after - before).total_seconds() for before, after in zip(series.times, series.times[1:], strict=False)]
    return max(round(DAY_SECONDS / max(statistics.median(steps), 1)), 3)


def isolation_forest(series: Labelled) -> Floats:
    """Score windows of twelve values with a forest that is grown anew every 288 rows on the rows before."""
    rows = sliding_window_view(np.pad(series.values, (LAGS - 1, 0), mode="edge"), LAGS)
    found = np.zeros(len(rows))
    for begin in range(series.probation, len(rows), REFIT):
        forest = IsolationForest(random_state=0).fit(rows[max(0, begin - PAST) : begin])
        found[begin : begin + REFIT] = -forest.score_samples(rows[begin : begin + REFIT])
    return found


def rolling_z_score(series: Labelled) -> Floats:
    """Count the standard deviations between a value and the mean of the 288 values before."""
    past = sliding_window_view(series.values, ROLLING)[:-1]
    found = np.zeros(len(series.values))
    spread = np.maximum(past.std(axis=1), 1e-9 + 1e-3 * np.abs(past.mean(axis=1)))
    found[ROLLING:] = np.abs(series.values[ROLLING:] - past.mean(axis=1)) / spread
    return found


def random_cut_forest(series: Labelled) -> Floats:
    """Score shingles of eight values with AWS's forest of 100 trees over samples of 256, as Kinesis has it."""
    forest = RandomCutForest(
        {"dimensions": 1, "shingle_size": SHINGLE, "num_trees": 100, "sample_size": 256, "id": 0, "random_seed": 1}
    )
    found = np.zeros(len(series.values))
    for row, value in enumerate(series.values):
        found[row] = forest.score([value])
        forest.update([value])
    return found


def rested(detector: Detector) -> Detector:
    """Add to a detector the rule by which ours raises an alarm once."""
    return lambda series: alarms(detector(series))


DETECTORS: dict[str, Detector] = {
    "trigraph": ours,
    "random cut forest": random_cut_forest,
    "random cut forest, rested": rested(random_cut_forest),
    "IsolationForest": isolation_forest,
    "IsolationForest, rested": rested(isolation_forest),
    "rolling z-score": rolling_z_score,
    "rolling z-score, rested": rested(rolling_z_score),
}


def held_out(series: Sequence[Labelled], scores: Sequence[Floats]) -> float:
    """Score halves of the files with the threshold that is best for the other half: the mean of twenty splits."""
    random = np.random.default_rng(0)
    reached = []
    for _ in range(SPLITS):
        order = random.permutation(len(series))
        chosen, judged = order[: len(order) // 2], order[len(order) // 2 :]
        for tuned, held in ((chosen, judged), (judged, chosen)):
            threshold = best_score([series[one] for one in tuned], [scores[one] for one in tuned]).threshold
            reached.append(score_at([series[one] for one in held], [scores[one] for one in held], threshold))
    return statistics.mean(reached)


def measure(table: Table, name: str, series: Sequence[Labelled]) -> list[Floats]:
    """Run a detector over all series and add its figures to a table."""
    began = time.perf_counter()
    scores = [DETECTORS[name](labelled) for labelled in track(series, name)]
    seconds = time.perf_counter() - began
    best = best_score(series, scores)
    at_best = alarms_at(series, scores, best.threshold)
    by_f1 = best_alarms(series, scores)
    table.add_row(
        name,
        f"{best.score:.1f}",
        f"{best.threshold:.2f}",
        f"{held_out(series, scores):.1f}",
        f"{at_best.found}/{at_best.windows} {at_best.false}",
        f"{by_f1.precision:.2f} {by_f1.recall:.2f} {by_f1.f1:.2f}",
        f"{1e6 * seconds / sum(len(labelled.values) for labelled in series):.0f}",
    )
    return scores


def anchors(series: Sequence[Labelled]) -> str:
    """Score who finds nothing and who finds each window at its first row, which are 0 and 100 by definition."""
    perfect = [np.zeros(len(labelled.values)) for labelled in series]
    for labelled, scores in zip(series, perfect, strict=True):
        for first, _ in labelled.scored_windows:
            scores[max(first, labelled.probation)] = 1.0
    nothing = [np.zeros(len(labelled.values)) for labelled in series]
    return f"nothing {score_at(series, nothing, 1.0):.1f}, perfect {score_at(series, perfect, 1.0):.1f}"


def main(folder: Path) -> None:
    """Measure every detector and print the figures."""
    series = read_labelled(folder)
    table = Table("detector", "NAB", "threshold", "held out", "found, false", "P R F1 at best F1", "µs a row")
    of_ours, *_ = [measure(table, name, series) for name in DETECTORS]
    console = Console(width=120)
    console.print(
        f"{len(series)} series, {sum(len(one.windows) for one in series)} windows; anchors: {anchors(series)}"
    )
    console.print(table)
    fixed = alarms_at(series, of_ours, THRESHOLD)
    console.print(
        f"trigraph at its own threshold of {THRESHOLD}: NAB {score_at(series, of_ours, THRESHOLD):.1f}, "
        f"precision {fixed.precision:.2f}, recall {fixed.recall:.2f}, F1 {fixed.f1:.2f}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SERIES)
