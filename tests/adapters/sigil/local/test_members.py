from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.principal import Principal
from adapters.sigil.local.members import members_of
from adapters.sigil.models import TeamMember
from tests.adapters.sigil.local.conftest import Written
from tests.running import new_principal


async def team(written: Written, tenant: str) -> list[TeamMember]:
    async with written.database.read() as connection:
        return await members_of(connection, tenant)


@pytest.mark.parametrize(
    ("roles", "role"), [(("admin",), "admin"), (("member", "owner"), "owner"), (("auditor",), "member"), ((), "member")]
)
async def test_a_member_has_the_highest_of_its_roles(written: Written, roles: tuple[str, ...], role: str) -> None:
    """A role that Sigil does not know makes a member; nobody's address is made up."""
    principal = Principal(id="ada", name="Ada", tenant="house", roles=roles)
    await written.insert(principal)
    (member,) = await team(written, "house")
    assert (member.id, member.name, member.role, member.email) == ("member_ada", "Ada", role, "")


async def test_activity_is_counted(written: Written) -> None:
    """All scans, those of the last thirty days, and the newest; each member's own, of its own tenant."""
    ada, bob = [Principal(id=name, name=name, tenant="house") for name in ("ada", "bob")]
    old, new = await written.insert(ada), await written.insert(ada)
    await written.created_at([old.id], datetime.now(UTC) - timedelta(days=31))
    await written.insert(bob)
    await written.insert(new_principal())
    first, second = await team(written, "house")
    assert (first.id, first.scans.total, first.scans.last_30_days) == ("member_ada", 2, 1)
    assert first.scans.last_scan_at == new.created_at
    assert (second.id, second.scans.total) == ("member_bob", 1)


async def test_a_role_that_changes_is_known_at_the_next_scan(written: Written) -> None:
    """A member stays one member, since the first scan."""
    await written.insert(Principal(id="ada", name="Ada", tenant="house", roles=("member",)))
    (before,) = await team(written, "house")
    await written.insert(Principal(id="ada", name="Ada L.", tenant="house", roles=("owner",)))
    (after,) = await team(written, "house")
    assert (after.name, after.role, after.created_at) == ("Ada L.", "owner", before.created_at)
