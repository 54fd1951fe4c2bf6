"""Figures by SQL: rows are grouped by time and dimensions, counted, summed and ranked where they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, FromClause, Select, case, cast, func, literal, select

from adapters.history.ranges import HOURS, Span, TimeBucket

MOST_POINTS = 10_000
PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Amount:
    """Something to sum up: what a row adds, and how many things it adds that of."""

    added: ColumnElement[Any]
    things: ColumnElement[Any]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows that are grouped: each stands for `things` at `time`, in hours or days since 1970.

    `ranked` is what percentiles are taken of, NULL where a row has none; `things` of it then have none either.
    Where `in_bins`, it is a bin, and a day has one row for all dimensions and a bin.
    """

    table: FromClause
    time: ColumnElement[int]
    per_day: bool
    dimensions: Mapping[str, ColumnElement[Any]]
    things: ColumnElement[int]
    amounts: Mapping[str, Amount]
    ranked: ColumnElement[Any]
    in_bins: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """How a tenant's rows are grouped: by the span's buckets and some dimensions; `only` keeps some of their values."""

    tenant: str
    span: Span
    group_by: Sequence[str] = ()
    only: Mapping[str, Sequence[str]]
    percentiles: bool = False


def figures(rows: Rows, question: Question) -> Select[Any]:
    """Write the query: a row for each bucket and group that there is anything of, at most one over 10,000."""
    keys = ["bucket", *dict.fromkeys(question.group_by)]
    query = _ranked(rows, question, keys) if question.percentiles else _summed(rows, question, keys, [])
    columns = query.selected_columns
    return query.order_by(*(columns[key] for key in keys)).limit(MOST_POINTS + 1)


def _summed(rows: Rows, question: Question, keys: Sequence[str], also: Sequence[str]) -> Select[Any]:
    """Group by the keys and the columns that `also` names, and sum everything up."""
    chosen = _chosen(rows, question).subquery()
    by = [chosen.c[name] for name in (*keys, *also)]
    things = func.sum(chosen.c.things)
    return select(*by, cast(things, BigInteger).label("things"), *_sums(chosen, rows)).group_by(*by)


def _ranked(rows: Rows, question: Question, keys: Sequence[str]) -> Select[Any]:
    """Order each group by what is ranked, and take the first of these that is not below a percentile."""
    together = _fall_together(rows, question)
    cells = (_summed(rows, question, keys, ["ranked"]) if together else _chosen(rows, question)).subquery()
    by = [cells.c[key] for key in keys]
    counted = case((cells.c.ranked.is_(None), 0), else_=cells.c.things)
    below = func.sum(counted).over(partition_by=by, order_by=cells.c.ranked, rows=(None, 0)).label("below")
    of = func.sum(counted).over(partition_by=by, order_by=cells.c.ranked, rows=(None, None)).label("of")
    ranks = select(*cells.c, below, of).subquery()
    by = [ranks.c[key] for key in keys]
    things = cast(func.sum(ranks.c.things), BigInteger).label("things")
    found = [
        func.min(case((ranks.c.below * 100 >= ranks.c.of * percent, ranks.c.ranked))).label(f"p{percent}")
        for percent in PERCENTILES
    ]
    return select(*by, things, *_sums(ranks, rows), *found).group_by(*by)


def _fall_together(rows: Rows, question: Question) -> bool:
    """Say whether a group has many rows of the same rank: one for them all is quicker to rank."""
    is_finest = question.span.bucket is TimeBucket.DAY and set(question.group_by) == set(rows.dimensions)
    return rows.in_bins and not is_finest


def _sums(table: FromClause, rows: Rows) -> list[ColumnElement[Any]]:
    sums: list[ColumnElement[Any]] = []
    for name in rows.amounts:
        sums.append(cast(func.sum(table.c[name]), Float).label(name))
        sums.append(cast(func.sum(table.c[f"{name}_things"]), BigInteger).label(f"{name}_things"))
    return sums


def _chosen(rows: Rows, question: Question) -> Select[Any]:
    """Choose the rows of the question, with their bucket, in plain columns: PostgreSQL groups by nothing else."""
    amounts: list[ColumnElement[Any]] = []
    for name, amount in rows.amounts.items():
        amounts += [amount.added.label(name), amount.things.label(f"{name}_things")]
    span, unit = question.span, HOURS if rows.per_day else 1
    return select(
        _bucket(rows, span.bucket).label("bucket"),
        *(rows.dimensions[name].label(name) for name in dict.fromkeys(question.group_by)),
        rows.things.label("things"),
        *amounts,
        rows.ranked.label("ranked"),
    ).where(
        rows.table.c.tenant == question.tenant,
        rows.time >= span.first_hour // unit,
        rows.time < span.end_hour // unit,
        *(rows.dimensions[name].in_(values) for name, values in question.only.items()),
    )


def _bucket(rows: Rows, bucket: TimeBucket | None) -> ColumnElement[int]:
    """Say in which bucket a row is, by the hour or the day that begins it; 0 where all is one bucket."""
    if bucket is None:
        return literal(0)
    if bucket is TimeBucket.HOUR:
        return rows.time
    day = rows.time if rows.per_day else rows.time // HOURS
    match bucket:
        case TimeBucket.DAY:
            return day
        case TimeBucket.WEEK:
            return day - (day + 3) % 7  # 1970 began on a Thursday
    return _first_of_month(day)


def _first_of_month(day: ColumnElement[int]) -> ColumnElement[int]:
    """Turn days since 1970 into the day that begins their month, as both databases can reckon.

    By Howard Hinnant's `civil_from_days`: years begin in March, eras are 400 years.
    """
    shifted = day + 719_468
    of_era = shifted % 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return day - (of_year - (153 * month + 2) // 5)
