from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from adapters.cloudlink.local.deliveries import Pace
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.webhooks import Replayed, WebhookReceiver
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.vault import Vault
from tests.adapters.cloudlink.local.receiver import Receiver
from tests.adapters.cloudlink.local.sending import PATIENT, Sending
from tests.waiting import until


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Listen on loopback for one test."""
    listening = Receiver()
    await listening.start()
    yield listening
    await listening.stop()


@pytest.fixture
def sending(database: Database, receiver: Receiver) -> Sending:
    """A sender on either database."""
    return Sending(database, receiver)


async def test_a_delivery_is_signed_and_carries_the_change(sending: Sending, principal: Principal) -> None:
    """The signature is the HMAC-SHA256 of the body as it came; the body has event, payload, id and time."""
    webhook = await sending.register(principal, secret="sssh")
    await sending.tell(principal.tenant)
    began = datetime.now(UTC)
    async with sending.running():
        await sending.until_sent()
    ping, created = sending.receiver.received
    assert ping.line == "POST /events HTTP/1.1"
    assert (ping.event.event, created.event.event) == ("ping", "action.created")
    assert ping.event.payload["webhook_id"] == webhook.id
    assert created.event.payload == {"alerts_fired": 0, "budgets_checked": 0, "alerts": []}
    assert ping.event.id != created.event.id
    for received in (ping, created):
        signed = hmac.new(b"sssh", received.body, hashlib.sha256).hexdigest()
        assert received.headers["x-cloudlink-signature"] == f"sha256={signed}"
        assert received.headers["content-type"] == "application/json"
        assert received.headers["host"] == f"hooks.example:{sending.receiver.port}"
        assert began <= received.event.timestamp <= datetime.now(UTC)
    (listed,) = await sending.records.of_tenant(principal.tenant)
    assert listed.last_status == "200"
    assert listed.last_fired_at is not None
    assert listed.last_fired_at >= began


async def test_what_is_sent_is_what_the_gateway_takes(sending: Sending, principal: Principal) -> None:
    """Its receiver of webhooks accepts the signature, the time and the id, and the id only once."""
    await sending.register(principal, secret="sssh")
    async with sending.running():
        await sending.until_sent()
    (received,) = sending.receiver.received
    gateway = WebhookReceiver("sssh")
    assert gateway.take(received.body, received.headers["x-cloudlink-signature"]).name == "ping"
    with pytest.raises(Replayed):
        gateway.take(received.body, received.headers["x-cloudlink-signature"])


async def test_without_a_secret_nothing_is_signed(sending: Sending, principal: Principal) -> None:
    """It needs no key either."""
    await sending.register(principal)
    async with sending.running(vault=Vault(())):
        await sending.until_sent()
    assert "x-cloudlink-signature" not in sending.receiver.received[0].headers


async def test_what_is_committed_is_sent_at_once(sending: Sending, principal: Principal) -> None:
    """Nothing waits for the next look at the store, which is a minute away."""
    async with sending.running(PATIENT):
        await sending.register(principal)
        await until(lambda: len(sending.receiver.received) == 1)
        await sending.tell(principal.tenant)
        await until(lambda: len(sending.receiver.received) == 2)
        await sending.until_sent()


async def test_what_another_process_put_in_is_found(sending: Sending, principal: Principal) -> None:
    """By looking again and again: nobody tells this process of it."""
    async with sending.running(outbox=Outbox(sending.database)):
        sending.outbox = Outbox(sending.database)
        await sending.register(principal)
        await sending.until_sent()
    assert len(sending.receiver.received) == 1


async def test_a_failed_delivery_is_sent_again_with_its_id(sending: Sending, principal: Principal) -> None:
    """With a new time and signature, until it arrives."""
    await sending.register(principal, secret="sssh")
    sending.receiver.answers.extend([500, 404, 429, 302])
    async with sending.running():
        await sending.until_sent()
    received = sending.receiver.received
    assert [request.line for request in received] == ["POST /events HTTP/1.1"] * 5
    assert len({request.event.id for request in received}) == 1
    assert len({request.headers["x-cloudlink-signature"] for request in received}) == 5
    assert await sending.status(principal) == "200"


async def test_attempts_are_further_and_further_apart(sending: Sending, principal: Principal) -> None:
    """Each wait is twice the one before, a fifth more or less, so that eight attempts take about an hour."""
    await sending.register(principal)
    sending.receiver.answers.extend([500] * 3)
    fired_at, waits = None, []
    for _ in range(3):
        async with sending.running(Pace(first_wait=30.0)):
            fired_at = await sending.until_fired(principal, fired_at)
        waits.append((await sending.due_at() - fired_at).total_seconds())
        await sending.make_due()
    assert [number for number, wait in enumerate(waits) if not 24 * 2**number <= wait <= 36 * 2**number] == []


async def test_eight_are_sent_at_once_and_one_to_a_webhook(sending: Sending, principal: Principal) -> None:
    """A receiver that takes its time does not hold up the others, and is not flooded."""
    sending.receiver.open.clear()
    await sending.register(principal)
    await sending.tell(principal.tenant, 4)
    async with sending.running(Pace(attempt=30, poll=0.02)):
        await until(lambda: sending.receiver.at_once == 1)
        for _ in range(6):
            await sending.register(principal)
        await until(lambda: sending.receiver.at_once == 7)
        for _ in range(3):
            await sending.register(principal)
        await until(lambda: sending.receiver.at_once == 8)
        await asyncio.sleep(0.2)
        sending.receiver.open.set()
        await sending.until_sent()
    assert (sending.receiver.most_at_once, len(sending.receiver.received)) == (8, 5 + 9)


async def test_processes_that_share_a_store_send_each_delivery_once(sending: Sending, principal: Principal) -> None:
    """Several senders at once: none is sent twice, none is lost."""
    for _ in range(5):
        await sending.register(principal)
    await sending.tell(principal.tenant, 10)
    async with sending.running(), sending.running(), sending.running():
        await sending.until_sent()
    ids = [request.event.id for request in sending.receiver.received]
    assert len(ids) == 5 + 5 * 10
    assert len(set(ids)) == len(ids)


async def test_what_a_stop_breaks_off_is_sent_after_the_next_start(sending: Sending, principal: Principal) -> None:
    """Once its lease is over, with the same id."""
    await sending.register(principal)
    sending.receiver.answers.append(None)
    async with sending.running(PATIENT):
        await until(lambda: len(sending.receiver.received) == 1)
    assert await sending.due_at() > datetime.now(UTC)
    await sending.make_due()
    async with sending.running():
        await sending.until_sent()
    first, second = sending.receiver.received
    assert first.event.id == second.event.id


async def test_a_webhook_that_is_removed_is_sent_nothing_more(sending: Sending, principal: Principal) -> None:
    """What waited for it is gone, also while it is being sent to."""
    webhook = await sending.register(principal)
    sending.receiver.answers.append(None)
    async with sending.running(Pace(attempt=0.5, poll=0.05, first_wait=0.01)):
        await until(lambda: len(sending.receiver.received) == 1)
        await sending.records.remove(principal, webhook.id)
        other = await sending.register(principal, "other.example")
        await sending.until_fired(principal, None)
    assert [listed.id for listed in await sending.records.of_tenant(principal.tenant)] == [other.id]
    assert len(sending.receiver.received) <= 2
