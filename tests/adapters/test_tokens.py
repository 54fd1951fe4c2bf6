"""Tokens of tenants and callers at upstreams, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from adapters.errors import InvalidInput, NotAllowed
from adapters.store.database import Database
from adapters.store.tokens import upstream_tokens
from adapters.tokens import KeptTokens
from adapters.vault import Vault, new_encryption_key

TOKEN = "csk_live_0123456789abcdef"


@pytest.fixture
def vault() -> Vault:
    """A vault with a key of its own."""
    return Vault((new_encryption_key(),))


async def test_a_token_is_its_tenants_and_services_only(database: Database, vault: Vault) -> None:
    """Nobody else has it."""
    kept = KeptTokens(database, vault)
    await kept.set("cloudsigma", "acme", TOKEN)
    assert await kept.token_of("cloudsigma", "acme", "alice") == TOKEN
    assert await kept.token_of("cloudsigma", "other", "alice") is None
    assert await kept.token_of("sigil", "acme", "alice") is None


async def test_a_caller_may_have_a_token_of_its_own(database: Database, vault: Vault) -> None:
    """It comes before the tenant's; without it the tenant's counts again, and another tenant's caller has neither."""
    kept = KeptTokens(database, vault)
    await kept.set("sigil", "acme", TOKEN)
    await kept.set("sigil", "acme", "alices-token", "alice")
    assert await kept.token_of("sigil", "acme", "alice") == "alices-token"
    assert await kept.token_of("sigil", "acme", "bob") == TOKEN
    assert await kept.token_of("sigil", "other", "alice") is None
    assert [listed.caller for listed in await kept.list()] == ["", "alice"]
    assert await kept.remove("sigil", "acme", "alice")
    assert await kept.token_of("sigil", "acme", "alice") == TOKEN


async def test_a_token_lies_encrypted(database: Database, vault: Vault) -> None:
    """The row does not hold it, and the list shows its end only."""
    kept = KeptTokens(database, vault)
    await kept.set("cloudsigma", "acme", f" {TOKEN}\n")
    async with database.read() as connection:
        row = (await connection.execute(select(upstream_tokens))).one()
    assert TOKEN.encode() not in row.token
    (listed,) = await kept.list()
    assert (listed.service, listed.tenant, listed.hint) == ("cloudsigma", "acme", "…cdef")


async def test_a_token_is_replaced_and_removed(database: Database, vault: Vault) -> None:
    """What was remembered is forgotten with it."""
    kept = KeptTokens(database, vault)
    await kept.set("sigil", "acme", TOKEN)
    await kept.set("sigil", "acme", "another-token")
    assert await kept.token_of("sigil", "acme", "alice") == "another-token"
    assert await kept.remove("sigil", "acme")
    assert await kept.token_of("sigil", "acme", "alice") is None
    assert not await kept.remove("sigil", "acme")


async def test_a_token_of_another_key_is_not_allowed_and_says_what_to_do(database: Database, vault: Vault) -> None:
    """It is neither used as it lies nor passed over for the shared one."""
    await KeptTokens(database, vault).set("sigil", "acme", TOKEN)
    with pytest.raises(NotAllowed, match="TRIGRAPH_ENCRYPTION_KEY"):
        await KeptTokens(database, Vault((new_encryption_key(),))).token_of("sigil", "acme", "alice")


@pytest.mark.parametrize("token", ["", " ", "a b", "x\ny", "é", "x" * 5000])
async def test_what_is_no_token_is_refused(database: Database, vault: Vault, token: str) -> None:
    """And not repeated in the message."""
    with pytest.raises(InvalidInput, match="printable ASCII") as caught:
        await KeptTokens(database, vault).set("sigil", "acme", token)
    assert len(caught.value.message) < 200


async def test_nothing_is_kept_without_a_key(database: Database) -> None:
    """Rather than in clear."""
    with pytest.raises(NotAllowed, match="trigraph encryption-key"):
        await KeptTokens(database, Vault(())).set("sigil", "acme", TOKEN)
