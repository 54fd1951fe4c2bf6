"""What the arguments of a connection ask the port for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.sigil.models import Scan
from adapters.sigil.port import ScanFilter
from resolvers.context import Context
from schema.graph import build_graph
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.doubles.memory_sigil import MemorySigil
from tests.running import new_principal

VARIABLES = {"unset": "", "null": "", "set": "", "preset": " = 20"}


class AskedSigil(MemorySigil):
    """Remembers the window that it was asked for last."""

    asked: Window | None = None

    async def scans(self, principal: Principal, window: Window, wanted: ScanFilter) -> Page[Scan]:
        """List as the double does."""
        self.asked = window
        return await super().scans(principal, window, wanted)


async def asked_for(folder: Path, document: str, **variables: Any) -> Window | dict[str, Any]:
    """Give the window that an operation asks for, or the extensions of its error."""
    sigil = AskedSigil()
    context = Context(memory_assembly(MemoryCloudSigma(), folder, sigil).services, new_principal())
    answer = await build_graph().execute(document, variable_values=variables, context_value=context)
    if sigil.asked is not None:
        return sigil.asked
    assert answer.errors is not None
    error = answer.errors[0].original_error
    return {"message": str(error), "field": getattr(error, "field", None)}


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        ("(verdict: null)", 20, None),
        ("(first: null)", 20, None),
        ("(first: null, last: null)", 20, None),
        ("(first: 0)", 0, None),
        ("(last: 5)", None, 5),
        ("(first: null, last: 0)", None, 0),
        ("(first: 20, last: 5)", 20, 5),
        ("(first: $unset, last: 5)", None, 5),
        ("(first: $null, last: 5)", None, 5),
        ("(first: $set, last: 5)", 20, 5),
        ("(first: $preset, last: 5)", 20, 5),
        ("(first: 3, last: $unset)", 3, None),
    ],
)
async def test_numbers_are_what_was_given(tmp_path: Path, arguments: str, first: int | None, last: int | None) -> None:
    """The default of `first` holds where no number is given, and only there; a given one counts, even the same."""
    used = [f"${name}: Int{value}" for name, value in VARIABLES.items() if f"${name}" in arguments]
    declared = f"({', '.join(used)})" if used else ""
    document = f"query Scans{declared} {{ packageScans{arguments} {{ totalCount }} }}"
    assert await asked_for(tmp_path, document, null=None, set=20) == Window(first, last=last)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("first: -1", "first"),
        ("first: 101", "first"),
        ("last: -1", "last"),
        ("last: 101", "last"),
        ("first: 5, last: 101", "last"),
        ('after: "nonsense"', "after"),
        ('last: 5, before: "nonsense"', "before"),
    ],
)
async def test_what_cannot_be_is_refused(tmp_path: Path, arguments: str, field: str) -> None:
    """The message names the argument and its value."""
    refused = await asked_for(tmp_path, f"{{ packageScans({arguments}) {{ totalCount }} }}")
    assert isinstance(refused, dict)
    assert refused["field"] == field
    assert "nonsense" in refused["message"] or f"{field} is" in refused["message"]


@pytest.mark.parametrize(
    ("selection", "counted"),
    [
        ("nodes { id }", False),
        ("edges { node { id } } pageInfo { endCursor }", False),
        ("totalCount", True),
        ("... { all: totalCount }", True),
        ("...Around", True),
    ],
)
async def test_rows_are_counted_where_the_total_is_selected(tmp_path: Path, selection: str, counted: bool) -> None:
    """Through fragments and by any name, once for each fragment however often it is spread."""
    fragments = """
    fragment Around on ScanConnection { pageInfo { endCursor } ...Total ...Total }
    fragment Total on ScanConnection { nodes { id } ... on ScanConnection { totalCount } }
    """
    used = fragments if "Around" in selection else ""
    window = await asked_for(tmp_path, f"{{ packageScans {{ {selection} }} }} {used}")
    assert isinstance(window, Window)
    assert window.counted is counted
