"""Whose an upstream's executions are."""

from __future__ import annotations

import pytest

from adapters.cloudsigma import ownership as module
from adapters.cloudsigma.ownership import Ownership
from adapters.errors import Conflict
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database
from tests.running import new_principal


async def test_an_execution_belongs_to_who_asked_for_it(store: Database) -> None:
    """Also after a restart; what nobody asked for here is the local principal's."""
    ann, bob = new_principal(), new_principal()
    ownership = Ownership(store)
    await ownership.record("arn:1", ann)
    await ownership.record("arn:2", bob)
    expected = {"arn:1": ann.id, "arn:2": bob.id, "arn:3": LOCAL_PRINCIPAL.id}
    assert await ownership.owners(["arn:1", "arn:2", "arn:3", "arn:1"]) == expected
    assert await Ownership(store).owners(expected) == expected
    assert await ownership.owners([]) == {}


async def test_an_upstream_may_answer_twice_with_the_same_execution(store: Database) -> None:
    """To the same principal that is nothing new; to another it is a conflict, and the first one keeps it."""
    ann, bob = new_principal(), new_principal()
    ownership = Ownership(store)
    await ownership.record("arn:1", ann)
    await ownership.record("arn:1", ann)
    with pytest.raises(Conflict, match="force"):
        await ownership.record("arn:1", bob)
    assert await ownership.owners(["arn:1"]) == {"arn:1": ann.id}


async def test_what_another_process_records_later_is_seen(store: Database) -> None:
    """An execution may be in the list before the process that asked for it has noted whose it is."""
    ann = new_principal()
    here, there = Ownership(store), Ownership(store)
    assert await here.owners(["arn:1"]) == {"arn:1": LOCAL_PRINCIPAL.id}
    await there.record("arn:1", ann)
    assert await here.owners(["arn:1"]) == {"arn:1": ann.id}


async def test_memory_is_bounded_and_answers_stay_right(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was forgotten is read again, also when known and unknown ones are asked for at once."""
    monkeypatch.setattr(module, "REMEMBERED", 3)
    ann = new_principal()
    writing, ownership = Ownership(store), Ownership(store)
    arns = [f"arn:{number}" for number in range(10)]
    for arn in arns:
        await writing.record(arn, ann)
    assert await ownership.owners(arns[:3]) == dict.fromkeys(arns[:3], ann.id)
    assert await ownership.owners(arns) == dict.fromkeys(arns, ann.id)
    assert await ownership.owners(arns[2:6]) == dict.fromkeys(arns[2:6], ann.id)
    assert len(writing._known) <= 3
