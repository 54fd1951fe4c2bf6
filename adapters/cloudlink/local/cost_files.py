"""Billing exports as hourly costs: FOCUS 1.x and AWS CUR 2, as CSV (also compressed) or Parquet, read by DuckDB.

FOCUS: https://focus.finops.org, CUR 2: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.cloudlink.local.costs import MOST_USD, HourlyCost
from adapters.errors import InvalidInput

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
THREADS = 2
LONGEST_CHARGE_HOURS = 24 * 366
FIRST_HOUR = 262_968
"""The first hour of 2000, since 1970."""
PROVIDERS = {"amazon": "aws", "aws": "aws", "microsoft": "azure", "azure": "azure", "google": "gcp", "gcp": "gcp"}
CSV_ENDINGS = (".csv", ".csv.gz", ".csv.zst")


class ProvidedCost(HourlyCost, frozen=True, kw_only=True):
    """An hour's cost and the cloud that it was paid to; `credential_id` is the account, as the export names it."""

    provider: str


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How an export names things: SQL expressions over its columns, as texts where nothing else is said."""

    name: str
    provider: str
    service: str
    account: str
    start: str
    end: str
    cost: str
    currency: str


class CostFile:
    """An export that was read: `rows` of `layout`, which come to so many `hours` of services and accounts."""

    def __init__(self, layout: str, rows: int, hours: int, cursor: duckdb.DuckDBPyConnection) -> None:
        self.layout = layout
        self.rows = rows
        self.hours = hours
        self._cursor = cursor

    def batch(self, size: int) -> list[ProvidedCost]:
        """Take the next hours, oldest first within a service; none are left when the list is empty."""
        return [
            ProvidedCost(service=service, hour=hour, cost_usd=usd, credential_id=account, provider=_provider(provider))
            for service, hour, usd, account, provider in self._cursor.fetchmany(size)
        ]

    def close(self) -> None:
        """Let go of it."""
        self._cursor.close()


def read_costs(path: Path, now_hour: int, credential_id: str | None = None) -> CostFile:
    """Read an export whole, all its accounts as `credential_id` where that is given.

    Charges over several hours are spread evenly; hours after `now_hour` are left out. Raises InvalidInput, naming the
    row, where one can't be counted.
    """
    import duckdb

    cursor = duckdb.connect(config={"memory_limit": MEMORY, "threads": THREADS})
    with contextlib.ExitStack() as stack:
        stack.callback(cursor.close)
        cursor.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        cursor.execute("SET TimeZone = 'UTC'")
        try:
            layout = _read(cursor, path)
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise InvalidInput("validation_error", f"{path.name} can't be read: {message}", "file") from None
        _check(cursor, path, layout)
        rows = _count(cursor, "charges")
        _spread(cursor, now_hour, credential_id)
        hours = _count(cursor, "hours")
        cursor.execute("SELECT service, hour, usd, account, provider FROM hours ORDER BY service, hour, account")
        stack.pop_all()
    return CostFile(layout.name, rows, hours, cursor)


def _spread(cursor: duckdb.DuckDBPyConnection, now_hour: int, credential_id: str | None) -> None:
    cursor.execute(
        "CREATE TEMP TABLE hours AS SELECT service, hour::INTEGER AS hour, sum(usd / (last - first)) AS usd,"
        " coalesce(?, account) AS account, any_value(provider) AS provider"
        " FROM (SELECT *, unnest(range(first, last)) AS hour FROM spans) WHERE hour BETWEEN ? AND ?"
        " GROUP BY ALL",
        [credential_id, FIRST_HOUR, now_hour],
    )


def _read(cursor: duckdb.DuckDBPyConnection, path: Path) -> Layout:
    reader = "read_csv(?, all_varchar = true, header = true)" if _is_csv(path) else "read_parquet(?)"
    cursor.execute(f"CREATE TEMP TABLE given AS SELECT * FROM {reader}", [str(path)])  # noqa: S608 - of two texts
    types = {name: str(kind) for name, kind, *_ in cursor.execute("DESCRIBE given").fetchall()}
    layout = _layout_of(path, types)
    cursor.execute(
        f"CREATE TEMP TABLE charges AS SELECT {layout.provider} AS provider, {layout.service} AS service,"  # noqa: S608 - of our own texts
        f" {layout.account} AS account, ({layout.start})::VARCHAR AS start_text, ({layout.end})::VARCHAR AS end_text,"
        f" ({layout.cost})::VARCHAR AS cost_text, {layout.currency} AS currency,"
        f" try_cast({layout.start} AS TIMESTAMPTZ) AS starts, try_cast({layout.end} AS TIMESTAMPTZ) AS ends,"
        f" try_cast({layout.cost} AS DOUBLE) AS usd FROM given"
    )
    cursor.execute("DROP TABLE given")
    cursor.execute(
        "CREATE TEMP TABLE spans AS SELECT provider, service, account, floor(epoch(starts) / 3600)::BIGINT AS first,"
        " greatest(ceil(epoch(ends) / 3600)::BIGINT, floor(epoch(starts) / 3600)::BIGINT + 1) AS last, sum(usd) AS usd"
        " FROM charges GROUP BY ALL"
    )
    return layout


def _layout_of(path: Path, types: dict[str, str]) -> Layout:
    if "ChargePeriodStart" in types:
        return _focus(path, types)
    if "line_item_usage_start_date" in types:
        return _cur(path, types)
    shown = ", ".join(sorted(types)[:8])
    message = (
        f"{path.name} is neither FOCUS 1.x (no column ChargePeriodStart) nor AWS CUR 2 "
        f"(no column line_item_usage_start_date); its columns begin with {shown[:300]}"
    )
    raise InvalidInput("validation_error", message, "file")


def _focus(path: Path, types: dict[str, str]) -> Layout:
    return Layout(
        name="FOCUS",
        provider=_first_of(path, types, "ServiceProviderName", "ProviderName", "PublisherName"),
        service=_first_of(path, types, "ServiceName"),
        account=f"coalesce({_first_of(path, types, 'SubAccountId', 'BillingAccountId')}, '')",
        start=_first_of(path, types, "ChargePeriodStart"),
        end=_first_of(path, types, "ChargePeriodEnd"),
        cost=_first_of(path, types, "EffectiveCost", "BilledCost"),
        currency=_first_of(path, types, "BillingCurrency"),
    )


def _cur(path: Path, types: dict[str, str]) -> Layout:
    code = _first_of(path, types, "line_item_product_code")
    named = "NULL"
    if "product" in types:
        named = "product['product_name']" if types["product"].startswith("MAP") else _json_name(types)
    currency = _column("line_item_currency_code") if "line_item_currency_code" in types else "'USD'"
    return Layout(
        name="AWS CUR 2",
        provider="'aws'",
        service=f"coalesce(nullif({named}, ''), {code})",
        account=f"coalesce({_first_of(path, types, 'line_item_usage_account_id')}, '')",
        start=_first_of(path, types, "line_item_usage_start_date"),
        end=_first_of(path, types, "line_item_usage_end_date"),
        cost=_first_of(path, types, "line_item_unblended_cost"),
        currency=currency,
    )


def _json_name(types: dict[str, str]) -> str:
    return "json_extract_string(try_cast(product AS JSON), '$.product_name')" if "VARCHAR" in types["product"] else "''"


def _first_of(path: Path, types: dict[str, str], *names: str) -> str:
    for name in names:
        if name in types:
            return _column(name)
    message = f"{path.name} has no column {' or '.join(names)}: export it with all columns of the specification"
    raise InvalidInput("validation_error", message, "file")


def _column(name: str) -> str:
    return f'"{name}"'


def _check(cursor: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> None:
    """Refuse an export with a row that can't be counted: nothing of it is taken in then."""
    wrong = cursor.execute(
        "SELECT start_text, end_text, cost_text, currency, service FROM charges"
        " WHERE starts IS NULL OR ends IS NULL OR ends < starts OR usd IS NULL OR NOT abs(usd) <= ?"
        " OR currency IS DISTINCT FROM 'USD' OR coalesce(trim(service), '') = '' OR length(service) > 256"
        " OR length(account) > 64 OR contains(service || account, chr(0))"
        " OR epoch(ends) - epoch(starts) > ? LIMIT 1",
        [MOST_USD, LONGEST_CHARGE_HOURS * 3600],
    ).fetchone()
    if wrong is None:
        return
    start, end, cost, currency, service = wrong
    shown = f"from {start!r} to {end!r}, cost {cost!r}, currency {currency!r}, service {str(service)[:80]!r}"
    message = (
        f"{path.name} ({layout.name}) has a row {shown}: every row needs a period of at most a year, "
        f"a cost of at most {MOST_USD:.0f}, USD, a service of at most 256 characters and an account of at most 64"
    )
    raise InvalidInput("validation_error", message, "file")


def _is_csv(path: Path) -> bool:
    name = path.name.lower()
    if name.endswith(CSV_ENDINGS):
        return True
    if name.endswith(".parquet"):
        return False
    message = f"{path.name} is no billing export: give {', '.join(CSV_ENDINGS)} or .parquet"
    raise InvalidInput("validation_error", message, "file")


def _provider(name: str | None) -> str:
    words = (name or "").lower().split()
    return next((PROVIDERS[word] for word in words if word in PROVIDERS), (name or "unknown").lower()[:32])


def _count(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    (counted,) = cursor.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)  # noqa: S608 - a name of ours
    return int(counted)
