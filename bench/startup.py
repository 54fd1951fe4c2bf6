"""How long `trigraph --help` takes, beside a Python that does nothing.

    python bench/startup.py [RUNS]

The two are run in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 20
BARE = ("-c", "pass")
HELP = ("-m", "gateway", "--help")


def seconds(*arguments: str) -> float:
    """Run this Python with arguments and give its wall-clock time."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    return time.perf_counter() - began


def main() -> None:
    """Print both medians and their ratio."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    seconds(*HELP)
    pairs = [(seconds(*BARE), seconds(*HELP)) for _ in range(runs)]
    bare, shown = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"python -c pass    {bare * 1000:6.1f} ms")
    print(f"trigraph --help   {shown * 1000:6.1f} ms, {shown / bare:.1f} times as long (median of {runs})")


if __name__ == "__main__":
    main()
