"""What the detector says of the latest hour of a service's costs."""

from __future__ import annotations

import numpy as np

from adapters.cloudlink.local.anomaly.detector import THRESHOLD, score
from adapters.cloudlink.local.hours import HOURS_OF_A_MONTH, hour_start
from adapters.cloudlink.local.series import CostSeries
from adapters.cloudlink.models import Assessment

ROWS_OF_A_DAY = 24
LEAST_HOURS = 48
"""Known hours below which nothing is said."""
HISTORY = 840
"""Hours that are looked at: five weeks."""
PAST = 504
"""Hours that tell what is usual: the last three weeks, when there are weeks before to expect them from."""
SEVERITIES = (("critical", 8.0, 1_000.0), ("high", 6.0, 100.0), ("medium", THRESHOLD, 10.0))
"""The least z-score and the least USD a month, rise or drop, of each: both must be reached."""
LEAST_USD = 1e-4
"""An hour's cost below it is nothing; a change from nothing is one of 100 %."""
OWN_HOUR = ("seasonal", "spike")
"""The components that speak of the very hour; the others speak of the hours before it as well."""


def assess(series: CostSeries, now_hour: int | None = None) -> Assessment:
    """Assess the latest known hour of a series.

    The hour that still runs at `now_hour` can only become dearer: below what is expected, the one before it is taken.
    """
    usd = series.usd[-HISTORY:]
    known = np.flatnonzero(~np.isnan(usd))
    if len(known) < LEAST_HOURS:
        return Assessment(service=series.service, has_data=False)
    last = int(known[-1])
    hour = series.end_hour - len(usd) + last
    usd = usd[: last + 1]
    scores = score(usd, ROWS_OF_A_DAY, first=last, past=PAST)
    expected, actual = float(scores.expected[last]), float(usd[last])
    if now_hour is not None and hour >= now_hour and actual < expected:
        return assess(CostSeries(series.service, hour - last, usd[:last]))
    components = {name: round(float(rows[last]), 2) for name, rows in scores.components.items()}
    z_score = round(float(scores.composite[last]), 2)
    impact = round((actual - expected) * HOURS_OF_A_MONTH, 2)
    severity = _severity(z_score, impact) if any(components[name] > 0 for name in OWN_HOUR) else None
    return Assessment(
        service=series.service,
        has_data=True,
        is_anomaly=severity is not None,
        severity=severity,
        direction="spike" if actual >= expected else "drop",
        change_pct=_change(expected, actual),
        z_score=z_score,
        monthly_impact_usd=impact,
        hour=hour_start(hour),
        expected_usd=expected,
        actual_usd=actual,
        components=components,
    )


def _severity(z_score: float, impact: float) -> str | None:
    """Give the gravest severity whose both bounds are reached."""
    for severity, least_z, least_usd in SEVERITIES:
        if z_score >= least_z and abs(impact) >= least_usd:
            return severity
    return None


def _change(expected: float, actual: float) -> float:
    if abs(expected) >= LEAST_USD:
        return round(100 * (actual - expected) / abs(expected), 2)
    return 0.0 if abs(actual) < LEAST_USD else float(np.copysign(100.0, actual))
