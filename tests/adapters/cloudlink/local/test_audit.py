from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from adapters.cloudlink.local.audit import AuditRecords
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.port import AuditFilter
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from tests.running import new_principal

ALL = AuditFilter()


async def note(database: Database, principal: Principal, event_type: str, **fields: str) -> None:
    """Write an entry in a transaction of its own."""
    entry = Entry(event_type=event_type, actor=principal.name, **fields)
    async with database.write() as connection:
        await Journal(Outbox(database)).write(connection, principal.tenant, entry)


async def test_an_entry_is_read_as_it_was_written(database: Database, principal: Principal) -> None:
    """With its actor and its time; of what does not concern it there is nothing."""
    began = datetime.now(UTC)
    fields = {"action_id": "a", "action_type": "close_open_ssh", "resource_id": "sg-1", "status": "PENDING"}
    await note(database, principal, "action.approved", **fields, detail="dry run")
    await note(database, principal, "costs.ingested")
    page = await AuditRecords(database).page(principal.tenant, Window(10), ALL)
    bare, full = page.nodes
    assert (full.event_type, full.actor, full.detail) == ("action.approved", principal.name, "dry run")
    assert {name: getattr(full, name) for name in fields} == fields
    assert began <= full.at <= bare.at <= datetime.now(UTC)
    assert (bare.action_id, bare.action_type, bare.resource_id, bare.status, bare.detail) == (None,) * 5


async def test_pages_go_back_in_time(database: Database, principal: Principal) -> None:
    """Newest first, also within a moment; a page stays where it is while entries come in, and none is given twice."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": f"{number:02}",
            "tenant": principal.tenant,
            "event_type": "ping",
            "at": now - timedelta(hours=number // 3),
        }
        for number in range(8)
    ]
    async with database.write() as connection:
        await connection.execute(insert(audit), rows)
    records, seen, after = AuditRecords(database), [], None
    while True:
        page = await records.page(principal.tenant, Window(3, after), ALL)
        seen.append([event.id for event in page.nodes])
        assert page.has_previous_page is (after is not None)
        if not page.has_next_page:
            break
        after = page.positions[-1]
        await note(database, principal, "ping")
    assert seen == [["02", "01", "00"], ["05", "04", "03"], ["07", "06"]]


async def test_the_trail_is_filtered(database: Database, principal: Principal) -> None:
    """By the kind of event and by the time, from it on, also over pages."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": f"{number}",
            "tenant": principal.tenant,
            "event_type": ("ping", "scan.finished")[number % 2],
            "at": now + timedelta(minutes=number),
        }
        for number in range(6)
    ]
    async with database.write() as connection:
        await connection.execute(insert(audit), rows)
    records, wanted = AuditRecords(database), AuditFilter(event_type="scan.finished", since=now + timedelta(minutes=3))
    page = await records.page(principal.tenant, Window(1), wanted)
    assert [event.id for event in page.nodes] == ["5"]
    page = await records.page(principal.tenant, Window(1, page.positions[-1]), wanted)
    assert [event.id for event in page.nodes] == ["3"]
    assert not page.has_next_page
    assert (await records.page(principal.tenant, Window(9), AuditFilter(event_type="\x00none"))).nodes == []


async def test_another_tenants_trail_is_not_shown(database: Database, principal: Principal) -> None:
    """Each sees its own."""
    await note(database, principal, "ping")
    assert (await AuditRecords(database).page(new_principal().tenant, Window(5), ALL)).nodes == []


async def test_the_database_refuses_to_change_the_trail(database: Database, principal: Principal) -> None:
    """No row can be changed or deleted, whoever tries; rows are added as before."""
    await note(database, principal, "ping")
    this = audit.c.tenant == principal.tenant
    for change in (
        update(audit).where(this).values(actor="somebody else"),
        delete(audit).where(this),
        text("DELETE FROM cloudlink_audit"),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.write() as connection:
                await connection.execute(change)
    await note(database, principal, "ping")
    page = await AuditRecords(database).page(principal.tenant, Window(5), ALL)
    assert [event.actor for event in page.nodes] == [principal.name] * 2
