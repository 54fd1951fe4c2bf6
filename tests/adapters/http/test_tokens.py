"""One adapter a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from adapters.errors import LimitExceeded
from adapters.health import Health, ServiceHealth
from adapters.http.tokens import OWNER, PerToken, as_owner, as_tenant
from adapters.principal import OwnTokens, Principal
from tests.running import new_principal
from tests.waiting import until


class Recorded:
    """An adapter that tells what it was asked, and by whom."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.closed = False

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        self.closed = True

    async def health(self) -> ServiceHealth:
        return ServiceHealth(adapter=self.token, health=Health.UP)

    async def usage(self, principal: Principal) -> tuple[str, str]:
        return self.token, principal.id

    async def watch(self, principal: Principal, after: str | None = None) -> AsyncIterator[tuple[str, str, str | None]]:
        while True:
            yield self.token, principal.tenant, after
            await asyncio.sleep(0)

    async def receive(self, event: str) -> str:
        return f"{self.token} {event}"


class Tenants:
    """Tokens by the ids of callers, or else of tenants, in a dict."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self._tokens = tokens

    async def token_of(self, service: str, tenant: str, caller: str) -> str | None:
        assert service == "sigil"
        return self._tokens.get(caller, self._tokens.get(tenant))


def bringing(token: str, service: str = "sigil") -> Principal:
    return msgspec.structs.replace(new_principal(), tokens=OwnTokens({service: token}))


class Made:
    """What was built, and the port over it."""

    def __init__(self, tenants: Tenants | None = None, most: int = 200, idle_seconds: float = 300.0) -> None:
        self.built: list[Recorded] = []
        self.port = PerToken(
            "sigil", Recorded("shared"), self._build, as_owner, tenants, most=most, idle_seconds=idle_seconds
        )

    def _build(self, token: str) -> Recorded:
        self.built.append(Recorded(token))
        return self.built[-1]


async def test_a_caller_without_a_token_has_the_shared_adapter() -> None:
    """As itself."""
    caller = new_principal()
    assert await Made(Tenants({})).port.usage(caller) == ("shared", caller.id)


async def test_a_callers_own_token_has_an_adapter_of_its_own() -> None:
    """Where all is the caller's; it goes to its own service only."""
    made = Made()
    assert await made.port.usage(bringing("a")) == ("a", OWNER)
    assert await made.port.usage(bringing("b")) == ("b", OWNER)
    assert await made.port.usage(bringing("a")) == ("a", OWNER)
    assert (await made.port.usage(bringing("c", "cloudsigma")))[0] == "shared"
    assert [each.token for each in made.built] == ["a", "b"]


async def test_a_tenants_token_counts_where_the_caller_brings_none() -> None:
    """The caller's own comes first."""
    caller = new_principal()
    made = Made(Tenants({caller.tenant: "tenants"}))
    assert (await made.port.usage(caller))[0] == "tenants"
    own = msgspec.structs.replace(caller, tokens=OwnTokens({"sigil": "own"}))
    assert (await made.port.usage(own))[0] == "own"


async def test_a_token_that_is_kept_for_a_caller_is_its_own() -> None:
    """Its colleague has the tenant's."""
    caller = new_principal()
    colleague = msgspec.structs.replace(new_principal(), tenant=caller.tenant)
    made = Made(Tenants({caller.tenant: "tenants", caller.id: "kept"}))
    assert await made.port.usage(caller) == ("kept", OWNER)
    assert await made.port.usage(colleague) == ("tenants", OWNER)


async def test_streams_keep_their_adapter() -> None:
    """Until they are closed, however idle it looks."""
    made = Made(idle_seconds=0)
    stream = made.port.watch(bringing("a"), after="7")
    assert await anext(stream) == ("a", OWNER, "7")
    assert not made.built[0].closed
    await stream.aclose()
    await until(lambda: made.built[0].closed)


async def test_an_adapter_that_nobody_uses_is_closed_and_built_again() -> None:
    """After a while."""
    made = Made(idle_seconds=0.01)
    await made.port.usage(bringing("a"))
    await until(lambda: made.built[0].closed)
    assert (await made.port.usage(bringing("a")))[0] == "a"
    assert len(made.built) == 2


async def test_only_so_many_tokens_are_held() -> None:
    """The one that was used longest ago makes room; where all are in use, another is refused."""
    made = Made(most=1)
    await made.port.usage(bringing("a"))
    stream = made.port.watch(bringing("b"))
    await anext(stream)
    await until(lambda: made.built[0].closed)
    with pytest.raises(LimitExceeded, match="1 tokens of sigil are in use"):
        await made.port.usage(bringing("c"))
    await stream.aclose()


async def test_what_concerns_no_caller_is_the_shared_adapters() -> None:
    """Its health, and events that come in."""
    made = Made()
    assert (await made.port.health()).adapter == "shared"
    assert await made.port.receive("event") == "shared event"


async def test_closing_closes_all() -> None:
    """Those of tokens too."""
    made = Made()
    await made.port.usage(bringing("a"))
    await made.port.close()
    assert made.built[0].closed


def test_tokens_are_neither_shown_nor_written() -> None:
    """Not by the caller that has them, either."""
    caller = bringing("secret-token")
    assert "secret-token" not in repr(caller)
    with pytest.raises(TypeError) as caught:
        msgspec.json.encode(caller)
    assert "secret-token" not in str(caught.value)


def test_an_owner_keeps_its_own_name_where_that_means_something() -> None:
    """At CloudLink plans are users'."""
    caller = new_principal()
    assert (as_tenant(caller).id, as_tenant(caller).tenant) == (caller.id, OWNER)
