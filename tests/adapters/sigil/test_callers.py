from __future__ import annotations

import pytest

from adapters.keys import Unauthorized, digest_of
from adapters.principal import Principal
from adapters.sigil.callers import Callers

KEY = "sk_live_0123456789abcdef"


def test_without_registered_keys_every_key_is_a_team_of_its_own() -> None:
    """The same key is always the same caller, another key another, and neither is told by its name."""
    callers = Callers({})
    one, other = callers.authenticate(KEY), callers.authenticate(f"{KEY}0")
    assert one == callers.authenticate(KEY)
    assert one.tier == "team"
    assert one.tenant != other.tenant
    assert KEY not in repr(one)


@pytest.mark.parametrize("token", ["", "sk_live_", "sk_test_0123456789abcdef", f"{KEY}\n", "sk_live_" + "a" * 200])
def test_what_is_no_key_is_not_let_in(token: str) -> None:
    """Neither another form nor an endless one."""
    with pytest.raises(Unauthorized):
        Callers({}).authenticate(token)


def test_registered_keys_are_the_only_ones() -> None:
    """Whatever their form; a well-formed key that nobody registered is not let in."""
    ada = Principal(id="ada", name="ada", tenant="house", tier="pro")
    callers = Callers({digest_of("tg_anything"): ada})
    assert callers.authenticate("tg_anything") == ada
    with pytest.raises(Unauthorized):
        callers.authenticate(KEY)
