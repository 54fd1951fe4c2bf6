"""Billing exports: what each column means, what is spread over hours, and what is refused."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from adapters.cloudlink.local.cost_files import CostFile, ProvidedCost, read_costs
from adapters.cloudlink.local.hours import hour_number
from adapters.errors import InvalidInput

FOCUS = (
    "ProviderName,ServiceName,SubAccountId,ChargePeriodStart,ChargePeriodEnd,EffectiveCost,BilledCost,BillingCurrency"
)
CUR = (
    "line_item_usage_start_date,line_item_usage_end_date,line_item_product_code,line_item_unblended_cost,"
    "line_item_currency_code,line_item_usage_account_id,product"
)
FIVE = hour_number(datetime(2026, 3, 1, 5, tzinfo=UTC))
PRESENT = hour_number(datetime(2026, 3, 30, 16, tzinfo=UTC))


def focus(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((FOCUS, *rows)))
    return path


def read(path: Path, credential_id: str | None = None) -> list[ProvidedCost]:
    file: CostFile = read_costs(path, PRESENT, credential_id)
    hours = file.batch(100_000)
    assert len(hours) == file.hours
    file.close()
    return hours


def test_focus_rows_of_an_hour_are_summed(tmp_path: Path) -> None:
    """By service, hour and account; the effective cost counts, and the provider has our name."""
    hour = "2026-03-01T05:00:00Z,2026-03-01T06:00:00Z"
    path = focus(
        tmp_path / "focus.csv",
        f"Amazon Web Services,Amazon EC2,111,{hour},1.5,9,USD",
        f"Amazon Web Services,Amazon EC2,111,{hour},0.25,9,USD",
        f"Amazon Web Services,Amazon EC2,222,{hour},4,9,USD",
        f"Microsoft,Virtual Machines,333,{hour},2,9,USD",
    )
    found = {(cost.service, cost.credential_id): (cost.cost_usd, cost.provider) for cost in read(path)}
    assert found == {
        ("Amazon EC2", "111"): (1.75, "aws"),
        ("Amazon EC2", "222"): (4, "aws"),
        ("Virtual Machines", "333"): (2, "azure"),
    }
    assert {cost.hour for cost in read(path)} == {FIVE}


def test_a_day_is_spread_over_its_hours(tmp_path: Path) -> None:
    """Evenly, and nothing is lost."""
    path = focus(tmp_path / "focus.csv", "AWS,S3,1,2026-03-01 00:00:00,2026-03-02 00:00:00,24,24,USD")
    hours = read(path)
    assert [cost.cost_usd for cost in hours] == [pytest.approx(1)] * 24
    assert [cost.hour for cost in hours] == list(range(FIVE - 5, FIVE + 19))


def test_a_time_with_an_offset_is_the_hour_in_utc(tmp_path: Path) -> None:
    """One without is in UTC, as the specification has it."""
    times = {"+02:00": "2026-03-01T07:00:00+02:00,2026-03-01T08:00:00+02:00", "": "2026-03-01 05:00,2026-03-01 06:00"}
    for offset, period in times.items():
        (cost,) = read(focus(tmp_path / "focus.csv", f"AWS,S3,1,{period},1,1,USD"))
        assert cost.hour == FIVE, offset


def test_moments_of_parquet_are_the_same_wherever_they_are_read(tmp_path: Path) -> None:
    """A machine's own time zone moves no hour."""
    path = tmp_path / "focus.parquet"
    values = "'AWS', 'S3', '1', TIMESTAMPTZ '2026-03-01 05:00+00', TIMESTAMPTZ '2026-03-01 06:00+00', 1.0, 1.0, 'USD'"
    duckdb.execute(f"COPY (SELECT * FROM (VALUES ({values})) AS rows({FOCUS})) TO '{path}'")
    code = (
        "import pathlib, sys; from adapters.cloudlink.local.cost_files import read_costs;"
        f"print([cost.hour for cost in read_costs(pathlib.Path(sys.argv[1]), {PRESENT}).batch(9)])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "TZ": "America/New_York"},
        capture_output=True,
        check=True,
    )
    assert json.loads(told.stdout) == [FIVE]


def test_hours_to_come_are_left_out(tmp_path: Path) -> None:
    """A month's fee counts as far as the month has gone."""
    path = focus(tmp_path / "focus.csv", "AWS,Support,1,2026-03-30T15:00:00Z,2026-03-30T20:00:00Z,5,5,USD")
    assert [(cost.hour, cost.cost_usd) for cost in read(path)] == [(PRESENT - 1, 1.0), (PRESENT, 1.0)]


def test_a_credential_takes_all_accounts(tmp_path: Path) -> None:
    """Where one is given, two accounts' costs of an hour are one."""
    hour = "2026-03-01T05:00:00Z,2026-03-01T06:00:00Z"
    path = focus(tmp_path / "focus.csv", f"AWS,EC2,111,{hour},1,1,USD", f"AWS,EC2,222,{hour},2,2,USD")
    assert [(cost.credential_id, cost.cost_usd) for cost in read(path, "mine")] == [("mine", 3.0)]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_cur_names_the_service_as_the_product_does(tmp_path: Path, ending: str) -> None:
    """From the product's map where it is named, by its code otherwise; a cost in exponents is a number."""
    period = "2026-03-01T05:00:00.000Z,2026-03-01T06:00:00.000Z"
    product = json.dumps({"product_name": "Amazon EC2"}).replace('"', '""')
    text = "\n".join(
        (
            CUR,
            f'{period},AmazonEC2,1.25E-1,USD,42,"{product}"',
            f"{period},AWSCloudTrail,0.5,USD,42,{{}}",
        )
    )
    path = tmp_path / f"cur{ending}"
    path.write_bytes(gzip.compress(text.encode()) if ending.endswith("gz") else text.encode())
    assert [(cost.service, cost.cost_usd, cost.credential_id) for cost in read(path)] == [
        ("AWSCloudTrail", 0.5, "42"),
        ("Amazon EC2", 0.125, "42"),
    ]


def test_cur_is_read_from_parquet(tmp_path: Path) -> None:
    """With the types that a data export has: times, numbers, a map."""
    path = tmp_path / "cur.snappy.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT TIMESTAMP '2026-03-01 05:00' AS line_item_usage_start_date,"
            " TIMESTAMP '2026-03-01 06:00' AS line_item_usage_end_date, 'AmazonS3' AS line_item_product_code,"
            " 2.5::DOUBLE AS line_item_unblended_cost, 'USD' AS line_item_currency_code,"
            " '42' AS line_item_usage_account_id, MAP {'product_name': 'Amazon S3'} AS product)"
            f" TO '{path}' (FORMAT parquet)"
        )
    assert [(cost.service, cost.hour, cost.cost_usd, cost.provider) for cost in read(path)] == [
        ("Amazon S3", FIVE, 2.5, "aws")
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("AWS,EC2,1,yesterday,2026-03-02T00:00:00Z,1,1,USD", "'yesterday'"),
        ("AWS,EC2,1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,much,1,USD", "'much'"),
        ("AWS,EC2,1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,NaN,1,USD", "cost"),
        ("AWS,EC2,1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,-1e300,1,USD", "at most 1000000000000"),
        ("AWS,EC2,1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1,1,EUR", "'EUR'"),
        ("AWS,,1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1,1,USD", "service"),
        (f"AWS,EC2,{'1' * 65},2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1,1,USD", "account"),
        ("AWS,EC2,1,2026-03-02T00:00:00Z,2026-03-01T00:00:00Z,1,1,USD", "period"),
        ("AWS,EC2,1,2020-03-02T00:00:00Z,2026-03-01T00:00:00Z,1,1,USD", "period"),
    ],
)
def test_a_row_that_can_not_be_counted_is_shown(tmp_path: Path, row: str, told: str) -> None:
    """And nothing of the file is taken."""
    path = focus(tmp_path / "focus.csv", "AWS,EC2,1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1,1,USD", row)
    with pytest.raises(InvalidInput) as refused:
        read(path)
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("costs.csv", "a,b\n1,2", "neither FOCUS"),
        ("costs.csv", FOCUS.replace("EffectiveCost,BilledCost,", ""), "EffectiveCost or BilledCost"),
        ("costs.xlsx", "", ".csv"),
        ("costs.parquet", "no parquet at all", "can't be read"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: str, told: str) -> None:
    """With what is missing."""
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InvalidInput) as refused:
        read(path)
    assert told in refused.value.message
