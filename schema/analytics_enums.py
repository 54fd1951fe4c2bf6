"""The enums of analytics."""

from __future__ import annotations

from adapters.history.answers import ExecutionDimension, RegressionDimension, ScanDimension, SpendDimension
from adapters.history.ranges import TimeBucket
from schema.view import enum

enum(
    TimeBucket,
    "What times are grouped by, in UTC.",
    {
        "HOUR": "Whole hours: at most 1,000 at once.",
        "DAY": "Days: at most 1,000 at once.",
        "WEEK": "Weeks from Monday to Sunday; only the days that are asked for count.",
        "MONTH": "Calendar months; only the days that are asked for count.",
    },
)
enum(
    ExecutionDimension,
    "What executions are grouped by.",
    {
        "STATUS": "What has become of them.",
        "INPUT_TYPE": "What they were given.",
        "ERROR_CODE": "Why they failed, by the code.",
    },
)
enum(
    ScanDimension,
    "What scans of packages are grouped by.",
    {
        "STATUS": "What has become of them.",
        "VERDICT": "What their scores mean.",
        "ECOSYSTEM": "Whose packages they are.",
    },
)
enum(
    RegressionDimension,
    "What regressions are grouped by.",
    {
        "SERVICE": "Whose cost rose.",
        "STATUS": "What has become of them.",
        "CONFIDENCE": "How sure they are.",
        "ENVIRONMENT": "Where the deploy went.",
    },
)
enum(
    SpendDimension,
    "What spend is grouped by.",
    {
        "SERVICE": "What was paid for.",
        "PROVIDER": "Whose service it is, as far as it is known.",
        "CREDENTIAL": "The credential or account that paid.",
    },
)
