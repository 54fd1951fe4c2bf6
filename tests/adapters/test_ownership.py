"""Whose an upstream's things are."""

from __future__ import annotations

import pytest

from adapters import ownership as module
from adapters.errors import Conflict
from adapters.ownership import Ownership
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database
from tests.running import new_principal


async def test_an_execution_belongs_to_who_asked_for_it(sqlite: Database) -> None:
    """Also after a restart; what nobody asked for here is the local principal's."""
    ann, bob = new_principal(), new_principal()
    ownership = Ownership(sqlite, "cloudsigma")
    await ownership.record("arn:1", ann.id)
    await ownership.record("arn:2", bob.id)
    expected = {"arn:1": ann.id, "arn:2": bob.id, "arn:3": LOCAL_PRINCIPAL.id}
    assert await ownership.owners(["arn:1", "arn:2", "arn:3", "arn:1"]) == expected
    assert await Ownership(sqlite, "cloudsigma").owners(expected) == expected
    assert await ownership.owners([]) == {}


async def test_an_upstream_may_answer_twice_with_the_same_execution(sqlite: Database) -> None:
    """To the same principal that is nothing new; to another it is a conflict, and the first one keeps it."""
    ann, bob = new_principal(), new_principal()
    ownership = Ownership(sqlite, "cloudsigma")
    await ownership.record("arn:1", ann.id)
    await ownership.record("arn:1", ann.id)
    with pytest.raises(Conflict, match="force"):
        await ownership.record("arn:1", bob.id)
    assert await ownership.owners(["arn:1"]) == {"arn:1": ann.id}


async def test_what_another_process_records_later_is_seen(sqlite: Database) -> None:
    """An execution may be in the list before the process that asked for it has noted whose it is."""
    ann = new_principal()
    here, there = Ownership(sqlite, "cloudsigma"), Ownership(sqlite, "cloudsigma")
    assert await here.owners(["arn:1"]) == {"arn:1": LOCAL_PRINCIPAL.id}
    await there.record("arn:1", ann.id)
    assert await here.owners(["arn:1"]) == {"arn:1": ann.id}


async def test_memory_is_bounded_and_answers_stay_right(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was forgotten is read again, also when known and unknown ones are asked for at once."""
    monkeypatch.setattr(module, "REMEMBERED", 3)
    ann = new_principal()
    writing, ownership = Ownership(sqlite, "cloudsigma"), Ownership(sqlite, "cloudsigma")
    arns = [f"arn:{number}" for number in range(10)]
    for arn in arns:
        await writing.record(arn, ann.id)
    assert await ownership.owners(arns[:3]) == dict.fromkeys(arns[:3], ann.id)
    assert await ownership.owners(arns) == dict.fromkeys(arns, ann.id)
    assert await ownership.owners(arns[2:6]) == dict.fromkeys(arns[2:6], ann.id)
    assert len(writing._known) <= 3


async def test_services_do_not_meet(sqlite: Database) -> None:
    """The same key may be somebody's at one service and somebody else's at another."""
    await Ownership(sqlite, "cloudsigma").record("1", "ann")
    await Ownership(sqlite, "sigil").record("1", "bob")
    assert await Ownership(sqlite, "cloudsigma").owners(["1"]) == {"1": "ann"}
    assert await Ownership(sqlite, "sigil").owners(["1"]) == {"1": "bob"}
