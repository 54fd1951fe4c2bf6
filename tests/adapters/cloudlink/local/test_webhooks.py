from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert, select

from adapters.cloudlink.account import NewWebhook, Webhook
from adapters.cloudlink.local.audit import AuditRecords
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.outbox import EVENTS, MOST_WAITING, Outbox
from adapters.cloudlink.local.webhooks import MOST_WEBHOOKS, WebhookRecords
from adapters.cloudlink.models import BudgetCheck
from adapters.cloudlink.port import AuditFilter
from adapters.errors import InvalidInput, NotAllowed
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.cloudlink_account import deliveries, webhooks
from adapters.store.database import Database
from adapters.vault import Vault, new_encryption_key
from tests.running import new_principal

SECRET = "a secret that nobody shall see"


class Written:
    """Webhooks, and changes that they are told of."""

    def __init__(self, database: Database, keys: tuple[str, ...] = ()) -> None:
        self.database = database
        self.outbox = Outbox(database)
        self.journal = Journal(self.outbox)
        self.vault = Vault(keys)
        allowed = frozenset({"10.1.2.3:8080", "localhost:9000"})
        self.records = WebhookRecords(database, self.outbox, self.journal, self.vault, allowed)

    async def tell(self, tenant: str, event: str) -> None:
        """Write a change that webhooks are told of."""
        async with self.database.write() as connection:
            entry = Entry(event_type=event, actor="x")
            await self.journal.write(connection, tenant, entry, payload=BudgetCheck(alerts_fired=0))

    async def waiting(self, webhook: Webhook) -> list[str]:
        """Give the events that wait for a webhook."""
        query = select(deliveries.c.event).where(deliveries.c.webhook_id == webhook.id).order_by(deliveries.c.due_at)
        async with self.database.read() as connection:
            return list((await connection.execute(query)).scalars())


@pytest.fixture
def written(database: Database) -> Written:
    """Records on either database, with a key."""
    return Written(database, (new_encryption_key(),))


async def test_a_webhook_is_listed_without_its_secret(written: Written, principal: Principal) -> None:
    """Oldest first, none sent to yet; no events means all of them."""
    one = await written.records.register(principal, NewWebhook(url="https://a.example/x?y=z", secret=SECRET))
    two = await written.records.register(
        principal, NewWebhook(url="http://b.example", events=("ping", "action.created", "ping"))
    )
    assert (one.url, one.events, one.enabled) == ("https://a.example/x?y=z", EVENTS, True)
    assert two.events == ("ping", "action.created")
    listed = await written.records.of_tenant(principal.tenant)
    assert listed == [one, two]
    assert {(webhook.last_fired_at, webhook.last_status) for webhook in listed} == {(None, None)}
    assert SECRET not in repr(listed)
    assert await written.records.of_tenant(new_principal().tenant) == []


async def test_a_secret_is_kept_encrypted(written: Written, principal: Principal) -> None:
    """The row holds something else, which the key makes the secret of again."""
    await written.records.register(principal, NewWebhook(url="https://a.example/", secret=SECRET))
    async with written.database.read() as connection:
        kept = (await connection.execute(select(webhooks.c.secret))).scalar_one()
    assert SECRET.encode() not in kept
    assert written.vault.decrypt(kept).decode() == SECRET


async def test_without_a_key_there_are_no_secrets(database: Database, principal: Principal) -> None:
    """A secret is refused with the command that makes a key, and nothing is kept; an unsigned webhook needs none."""
    written = Written(database)
    with pytest.raises(NotAllowed, match="trigraph encryption-key"):
        await written.records.register(principal, NewWebhook(url="https://a.example/", secret=SECRET))
    assert await written.records.of_tenant(principal.tenant) == []
    await written.records.register(principal, NewWebhook(url="https://a.example/"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a.example/", "https://example.com"),
        ("a.example/events", "https://example.com"),
        ("https:///events", "https://example.com"),
        ("http://a.example:0/", "https://example.com"),
        ("http://a.example:70000/", "https://example.com"),
        ("http://[::1/", "not an address"),
        ("http://a.example/\ud800", "not an address"),
        ("http://a.example/\x00", "not an address"),
        ("https://me:word@a.example/", "user name or password"),
        ("https://a.example/" + "x" * 2048, "at most 2048"),
        ("http://127.0.0.1/", "not on the public internet"),
        ("http://10.1.2.3:8081/", "10.1.2.3:8081 added to TRIGRAPH_WEBHOOKS_ALLOWED"),
        ("http://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("http://[::1]/", "not on the public internet"),
        ("http://[::ffff:10.0.0.1]/", "not on the public internet"),
        ("http://LOCALHOST/", "not on the public internet"),
        ("https://a.localhost/", "not on the public internet"),
    ],
)
async def test_where_no_webhook_can_go_is_refused(written: Written, principal: Principal, url: str, said: str) -> None:
    """The refusal names the field and the cure, and shows no password."""
    with pytest.raises(InvalidInput, match=said) as refusal:
        await written.records.register(principal, NewWebhook(url=url))
    assert (refusal.value.code, refusal.value.field) == ("validation_error", "url")
    assert "word@" not in refusal.value.message


async def test_private_addresses_can_be_allowed(written: Written, principal: Principal) -> None:
    """By host and port, as the settings name them."""
    for url in ("http://10.1.2.3:8080/", "http://localhost:9000/events", "https://93.184.215.14/"):
        assert (await written.records.register(principal, NewWebhook(url=url))).url == url


async def test_unknown_events_and_bad_secrets_are_refused(written: Written, principal: Principal) -> None:
    """The refusal lists the events there are, and does not show the secret."""
    with pytest.raises(InvalidInput, match=r"'budget\.broken': choose from action\.created, ") as refusal:
        await written.records.register(principal, NewWebhook(url="https://a.example", events=("ping", "budget.broken")))
    assert refusal.value.field == "events"
    for secret in ("", "x" * 513, "broken \ud800 secret"):
        with pytest.raises(InvalidInput, match="1 to 512") as refusal:
            await written.records.register(principal, NewWebhook(url="https://a.example", secret=secret))
        assert refusal.value.field == "secret"
        assert "broken" not in refusal.value.message


async def test_there_is_an_end_to_webhooks(written: Written, principal: Principal) -> None:
    """One more than a tenant may have is refused."""
    for _ in range(MOST_WEBHOOKS):
        await written.records.register(principal, NewWebhook(url="https://a.example/"))
    with pytest.raises(InvalidInput, match="50 webhooks already: remove one"):
        await written.records.register(principal, NewWebhook(url="https://a.example/"))
    await written.records.register(new_principal(), NewWebhook(url="https://a.example/"))


async def test_a_removed_webhook_is_gone_with_what_waits_for_it(written: Written, principal: Principal) -> None:
    """Nobody else can remove it, and a second time there is nothing to remove."""
    webhook = await written.records.register(principal, NewWebhook(url="https://a.example/"))
    assert await written.waiting(webhook) == ["ping"]
    assert not await written.records.remove(new_principal(), webhook.id)
    assert await written.records.remove(principal, webhook.id)
    assert not await written.records.remove(principal, webhook.id)
    assert await written.records.of_tenant(principal.tenant) == []
    assert await written.waiting(webhook) == []


async def test_what_happens_to_webhooks_is_audited_without_their_tokens(written: Written, principal: Principal) -> None:
    """The trail names the host only: the path may be a secret of the receiver's."""
    wanted = NewWebhook(url="https://hooks.example/T00/secret-path?token=1", secret=SECRET)
    webhook = await written.records.register(principal, wanted)
    await written.records.remove(principal, webhook.id)
    trail = await AuditRecords(written.database).page(principal.tenant, Window(9), AuditFilter())
    told = [(event.event_type, event.actor, event.resource_id, event.detail) for event in reversed(trail.nodes)]
    assert told == [
        ("webhook.registered", principal.name, webhook.id, "at hooks.example"),
        ("webhook.removed", principal.name, webhook.id, "at hooks.example"),
    ]


async def test_each_webhook_is_told_what_it_wants(written: Written, principal: Principal) -> None:
    """Of its own tenant's changes only; a ping comes to a new one, whatever it wants."""
    everything = await written.records.register(principal, NewWebhook(url="https://a.example/"))
    scans = await written.records.register(principal, NewWebhook(url="https://b.example/", events=("scan.finished",)))
    for event in ("scan.finished", "action.created"):
        await written.tell(principal.tenant, event)
    await written.tell(new_principal().tenant, "scan.finished")
    assert await written.waiting(everything) == ["ping", "scan.finished", "action.created"]
    assert await written.waiting(scans) == ["ping", "scan.finished"]


async def test_what_is_not_committed_is_not_told(written: Written, principal: Principal) -> None:
    """A change that is taken back takes its deliveries with it."""
    webhook = await written.records.register(principal, NewWebhook(url="https://a.example/"))

    async def change_and_fail() -> None:
        async with written.database.write() as connection:
            entry = Entry(event_type="action.created", actor="x")
            await written.journal.write(connection, principal.tenant, entry, payload=BudgetCheck(alerts_fired=0))
            raise LookupError

    with pytest.raises(LookupError):
        await change_and_fail()
    assert await written.waiting(webhook) == ["ping"]


async def test_there_is_an_end_to_what_waits(written: Written, principal: Principal) -> None:
    """A webhook that falls far behind is told no more, and the others are."""
    behind = await written.records.register(principal, NewWebhook(url="https://a.example/"))
    async with written.database.write() as connection:
        row = (await connection.execute(select(deliveries))).mappings().one()
        rows = [{**row, "id": str(number)} for number in range(MOST_WAITING - 1)]
        await connection.execute(insert(deliveries), rows)
    other = await written.records.register(principal, NewWebhook(url="https://b.example/"))
    await written.tell(principal.tenant, "action.created")
    assert len(await written.waiting(behind)) == MOST_WAITING
    assert await written.waiting(other) == ["ping", "action.created"]


async def test_the_end_holds_for_those_that_come_together(written: Written, principal: Principal) -> None:
    """Of many at once, as many as there is room for."""
    for _ in range(MOST_WEBHOOKS - 1):
        await written.records.register(principal, NewWebhook(url="https://a.example/"))
    together = (written.records.register(principal, NewWebhook(url="https://a.example/")) for _ in range(5))
    answers = await asyncio.gather(*together, return_exceptions=True)
    assert sum(isinstance(answer, Webhook) for answer in answers) == 1
    assert len(await written.records.of_tenant(principal.tenant)) == MOST_WEBHOOKS
