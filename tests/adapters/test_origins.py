"""What executions were asked for from."""

from __future__ import annotations

import msgspec

from adapters import origins as module
from adapters.origins import Origin, OriginKind, Origins
from adapters.store.database import Database
from tests.running import new_principal

SCAN = Origin(OriginKind.PACKAGE_SCAN, "scan-1")
SAME_KEY = Origin(OriginKind.THREAT, "scan-1")


async def test_links_are_found_from_both_ends(database: Database) -> None:
    """Each kind of origin has keys of its own, and an execution keeps the origin that it has."""
    ann, origins = new_principal(), Origins(database)
    await origins.record(ann, "arn:1", SCAN)
    await origins.record(ann, "arn:2", SAME_KEY)
    await origins.record(ann, "arn:1", SAME_KEY)
    assert await origins.of_executions(ann, ["arn:2", "arn:3", "arn:1"]) == [SAME_KEY, None, SCAN]
    unknown = Origin(OriginKind.REGRESSION, "scan-1\x00")
    assert await origins.executions_of(ann, [SAME_KEY, unknown, SCAN]) == [["arn:2"], [], ["arn:1"]]
    assert await origins.of_executions(ann, []) == []
    assert await origins.executions_of(ann, []) == []


async def test_links_are_their_tenants(database: Database) -> None:
    """A colleague sees them, another tenant does not, and may have the same ones."""
    ann, stranger, origins = new_principal(), new_principal(), Origins(database)
    colleague = msgspec.structs.replace(ann, id="colleague")
    await origins.record(ann, "arn:1", SCAN)
    await origins.record(stranger, "arn:1", SAME_KEY)
    assert await origins.of_executions(colleague, ["arn:1"]) == [SCAN]
    assert await origins.executions_of(colleague, [SCAN]) == [["arn:1"]]
    assert await origins.of_executions(stranger, ["arn:1"]) == [SAME_KEY]
    assert await origins.executions_of(stranger, [SCAN]) == [[]]


async def test_the_newest_executions_come_first_and_ones_own_before_them(database: Database) -> None:
    """However many colleagues ask, what the caller asked for is among the fifty."""
    ann, origins = new_principal(), Origins(database)
    colleague = msgspec.structs.replace(ann, id="colleague")
    await origins.record(ann, "arn:own", SCAN)
    for number in range(module.MOST_EXECUTIONS):
        await origins.record(colleague, f"arn:{number}", SCAN)
    (arns,) = await origins.executions_of(ann, [SCAN])
    assert len(arns) == module.MOST_EXECUTIONS
    assert arns[:2] == ["arn:own", f"arn:{module.MOST_EXECUTIONS - 1}"]
