"""Who calls the served CloudLink."""

from __future__ import annotations

import pytest

from adapters.cloudlink.callers import Callers
from adapters.keys import Unauthorized, digest_of
from adapters.principal import Principal

KEY = "cl_live_0123456789abcdef"


def test_without_known_keys_every_wellformed_one_is_a_tenant_of_its_own() -> None:
    """Always the same one for the same key."""
    callers = Callers({})
    one = callers.authenticate(KEY)
    assert callers.authenticate(KEY) == one
    assert callers.authenticate(f"{KEY}0").tenant != one.tenant


@pytest.mark.parametrize("token", ["", "cl_live_short", "sk_live_0123456789abcdef", f"{KEY}\n", "cl_live_ä" * 4])
def test_what_is_no_key_is_refused(token: str) -> None:
    """Also one of another service."""
    with pytest.raises(Unauthorized):
        Callers({}).authenticate(token)


def test_with_known_keys_only_those_are_let_in() -> None:
    """Of whatever form they are."""
    ann = Principal(id="ann", name="ann", tenant="acme")
    callers = Callers({digest_of("any form"): ann})
    assert callers.authenticate("any form") == ann
    with pytest.raises(Unauthorized):
        callers.authenticate(KEY)
