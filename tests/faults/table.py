"""What `docs/faults.md` promises, row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"


@dataclass(frozen=True)
class Promise:
    """What is seen of a fault: codes, how often the write is made, and the health that `services` tells."""

    fault: str
    query: str
    mutation: str
    writes: int
    health: str


def promises() -> dict[str, Promise]:
    """Read the table."""
    rows = [line.strip("| \n").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    return {told[0]: _promise(*told) for told in ([_plain(cell) for cell in row] for row in rows)}


def _promise(fault: str, _what: str, query: str, mutation: str, write: str, health: str) -> Promise:
    return Promise(fault, query, mutation, {"not made": 0, "made once": 1}[write], health)


def _plain(cell: str) -> str:
    return re.sub(r"`([^`]*)`", r"\1", cell)
