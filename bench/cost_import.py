"""How fast a billing export comes in, and with how much memory: `trigraph costs import` on a made FOCUS file.

python bench/cost_import.py [ROWS] [--format csv|parquet]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

SERVICES = 100
ACCOUNTS = 5
HOURS = 24 * 60
DEFAULT_ROWS = 1_000_000


def write_export(path: Path, rows: int) -> None:
    """Write so many line items over 60 days, 100 services and 5 accounts, evenly spread by a fixed rule."""
    made = (
        "SELECT 'AWS' AS ProviderName, 'Service ' || (i % ?) AS ServiceName,"
        " (100000000000 + hash(i) % ?)::VARCHAR AS SubAccountId,"
        " TIMESTAMP '2026-01-01' + INTERVAL 1 HOUR * ((i // ?) % ?) AS ChargePeriodStart,"
        " TIMESTAMP '2026-01-01' + INTERVAL 1 HOUR * ((i // ?) % ? + 1) AS ChargePeriodEnd,"
        " (hash(i) % 1000) / 1e3 AS EffectiveCost, 'USD' AS BillingCurrency"
        " FROM range(?) AS made(i)"
    )
    with duckdb.connect() as connection:
        rows_made = connection.sql(made, params=[SERVICES, ACCOUNTS, SERVICES, HOURS, SERVICES, HOURS, rows])
        if path.suffix == ".csv":
            rows_made.write_csv(str(path))
        else:
            rows_made.write_parquet(str(path))


def main() -> None:
    """Import twice into a new data folder, the second time over the first, and print what the command says."""
    parser = argparse.ArgumentParser(description="Time an import of a billing export.")
    parser.add_argument("rows", nargs="?", type=int, default=DEFAULT_ROWS)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{options.format}"
        write_export(path, options.rows)
        print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB of {options.format}")
        environment = {**os.environ, "TRIGRAPH_DATA_DIR": str(Path(folder) / "data")}
        for attempt in ("first import", "again"):
            began = time.monotonic()
            command = [sys.executable, "-m", "gateway", "costs", "import", str(path)]
            finished = subprocess.run(  # noqa: S603 - our own command
                command, env=environment, check=True, capture_output=True, text=True
            )
            seconds = time.monotonic() - began
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{attempt}: {finished.stderr.strip()}; {seconds:.1f} s with start-up, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
