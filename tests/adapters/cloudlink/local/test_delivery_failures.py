from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.cloudlink.local.deliveries import ATTEMPTS, Pace
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.vault import Vault, new_encryption_key
from tests.adapters.cloudlink.local.receiver import Receiver
from tests.adapters.cloudlink.local.sending import PATIENT, Sending


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


async def test_a_delivery_that_fails_too_often_is_given_up(sending: Sending, principal: Principal) -> None:
    """After eight attempts, and the webhook says so."""
    await sending.register(principal)
    sending.receiver.answers.extend([503] * 20)
    async with sending.running():
        await sending.until_sent()
    assert len(sending.receiver.received) == ATTEMPTS
    assert await sending.status(principal) == "gave up after 8 attempts: 503"


async def test_a_private_address_is_refused_when_a_name_leads_there(sending: Sending, principal: Principal) -> None:
    """Nothing is sent, and it is not tried again."""
    await sending.register(principal)
    async with sending.running(allowed=frozenset()):
        await sending.until_sent()
    assert sending.receiver.received == []
    assert await sending.status(principal) == "refused: not a public address"


async def test_a_receiver_that_does_not_answer_is_given_up(sending: Sending, principal: Principal) -> None:
    """What else waits for it counts each attempt as its own: the receiver is not asked eight times for each."""
    await sending.register(principal)
    await sending.tell(principal.tenant, 20)
    sending.receiver.answers.extend([None] * 200)
    async with sending.running(Pace(attempt=0.05, poll=0.01, first_wait=0.01)):
        await sending.until_sent()
    assert len(sending.receiver.received) < 2 * ATTEMPTS
    assert await sending.status(principal) == "gave up after 8 attempts: timeout"


async def test_where_nobody_listens_there_is_no_connection(sending: Sending, principal: Principal) -> None:
    """The webhook says so."""
    await sending.register(principal)
    await sending.receiver.stop()
    async with sending.running(PATIENT):
        await sending.until_fired(principal, None)
    assert await sending.status(principal) == "no connection"


async def test_a_name_that_leads_nowhere_is_no_connection(sending: Sending, principal: Principal) -> None:
    """The webhook says so."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    await sending.register(principal)
    async with sending.running(PATIENT, resolver=resolve):
        await sending.until_fired(principal, None)
    assert await sending.status(principal) == "no connection"


async def test_a_receiver_that_has_a_delivery_already_counts_as_told(sending: Sending, principal: Principal) -> None:
    """409 means that where the answer to an earlier attempt was lost; to a first attempt it is a failure."""
    await sending.register(principal)
    sending.receiver.answers.extend([409, 409])
    async with sending.running():
        await sending.until_sent()
    assert len(sending.receiver.received) == 2
    assert await sending.status(principal) == "409"


async def test_a_secret_of_another_key_is_not_sent_unsigned(sending: Sending, principal: Principal) -> None:
    """The webhook says why, and it is tried again, for the key may come back."""
    await sending.register(principal, secret="sssh")
    async with sending.running(PATIENT, vault=Vault((new_encryption_key(),))):
        await sending.until_fired(principal, None)
    assert await sending.status(principal) == "not sent: its secret was kept with another encryption key"
    await sending.make_due()
    async with sending.running():
        await sending.until_sent()
    assert len(sending.receiver.received) == 1


async def test_the_log_tells_no_secret(
    sending: Sending, principal: Principal, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a webhook's path nor its secret, nor what it is sent, at any level."""
    caplog.set_level(logging.DEBUG)
    await sending.register(principal, secret="sssh-a-secret")
    await sending.tell(principal.tenant)
    sending.receiver.answers.extend([500, None])
    async with sending.running():
        await sending.until_sent()
    own = [record.getMessage() for record in caplog.records if record.name.startswith(("adapters", "httpx"))]
    assert not [message for message in own if "/events" in message or "sssh" in message or "alerts" in message]
