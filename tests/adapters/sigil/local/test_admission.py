from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from adapters.errors import LimitExceeded, NotAllowed
from adapters.principal import Principal
from adapters.sigil.local import admission
from adapters.sigil.local.admission import admit, require_plan
from tests.adapters.sigil.local.conftest import Written
from tests.running import new_principal


@pytest.mark.parametrize(
    ("tier", "scans", "team"),
    [
        ("free", False, False),
        ("pro", True, False),
        ("team", True, True),
        ("enterprise", True, True),
        (None, True, True),
    ],
)
def test_plans_hold_what_is_documented(tier: str | None, scans: bool, team: bool) -> None:
    """Free has nothing, Pro scans, Team evaluates policies too; who has no plan at all is not limited."""
    for is_team, allowed in ((False, scans), (True, team)):
        with nullcontext() if allowed else pytest.raises(NotAllowed, match="plan_required"):
            require_plan(new_principal(tier), team=is_team)


async def admitted(written: Written, principal: Principal) -> None:
    async with written.database.read() as connection:
        await admit(connection, principal)


async def test_a_month_has_so_many_scans(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tenant's scans of this month count, last month's and others' do not; the wait is until the next month."""
    monkeypatch.setattr(admission, "SCANS_PER_MONTH", {"pro": 2, "enterprise": None})
    caller = new_principal("pro")
    colleague = Principal(id="colleague", name="colleague", tenant=caller.tenant, tier="pro")
    old = [(await written.insert(caller)).id for _ in range(2)]
    await written.created_at(old, datetime.now(UTC).replace(day=1) - timedelta(days=2))
    await written.insert(new_principal("pro"))
    await written.insert(colleague)
    await admitted(written, caller)
    await written.insert(caller)
    with pytest.raises(LimitExceeded) as refused:
        await admitted(written, caller)
    assert (refused.value.code, refused.value.limit) == ("rate_limit_exceeded", 2)
    assert 0 < (refused.value.retry_after_seconds or 0) <= 31 * 24 * 3600
    unlimited = Principal(id=caller.id, name=caller.name, tenant=caller.tenant, tier="enterprise")
    await admitted(written, unlimited)


async def test_a_tenant_can_not_take_anothers_turn(
    written: Written, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has too many scans waiting is asked to come again, whoever of the tenant it is, and nobody else is."""
    monkeypatch.setattr(admission, "UNFINISHED_OF_A_TENANT", 2)
    colleague = Principal(id="colleague", name="colleague", tenant=principal.tenant)
    first = await written.insert(principal)
    await written.begin(first.id)
    await written.insert(colleague)
    with pytest.raises(
        LimitExceeded, match="2 scans of your tenant are running or queued, the most at once: try again"
    ) as refused:
        await admitted(written, principal)
    assert (refused.value.limit, refused.value.retry_after_seconds) == (2, 10)
    await admitted(written, new_principal())
    await written.fail(first.id)
    await admitted(written, principal)


async def test_not_everything_waits_at_once(
    written: Written, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes when too many scans of all tenants wait is asked to come again, limited or not."""
    monkeypatch.setattr(admission, "UNFINISHED_AT_ONCE", 2)
    first = await written.insert(new_principal())
    await written.insert(new_principal())
    with pytest.raises(
        LimitExceeded, match="2 scans of all tenants are running or queued, the most at once: try again"
    ) as refused:
        await admitted(written, principal)
    assert (refused.value.limit, refused.value.retry_after_seconds) == (2, 10)
    await written.fail(first.id)
    await admitted(written, principal)
