"""What tests of Sigil's wire share: the served Sigil without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.keys import digest_of
from adapters.principal import Principal
from adapters.sigil.callers import Callers
from adapters.sigil.local.adapter import LocalSigil
from adapters.sigil.server import create_server
from gateway.assembly import Assembly

PLANS = ("free", "pro", "team", "enterprise")


@pytest.fixture
def local(assembly: Assembly) -> LocalSigil:
    """The running local adapter."""
    adapter = assembly.services.sigil
    assert isinstance(adapter, LocalSigil)
    return adapter


@pytest.fixture
async def server(local: LocalSigil, principal: Principal) -> AsyncIterator[httpx.AsyncClient]:
    """The server's application, called without a socket; its keys are the plans' names, all of one new tenant."""
    known = {
        digest_of(plan): Principal(id=f"{principal.id}-{plan}", name=plan, tenant=principal.tenant, tier=plan)
        for plan in PLANS
    }
    app = create_server(local, Callers(known), ["https://scans.example"])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sigil.test", headers=key("team")) as client:
        yield client


def key(plan: str) -> dict[str, str]:
    """Write the header of a plan's key."""
    return {"Authorization": f"Bearer {plan}"}
