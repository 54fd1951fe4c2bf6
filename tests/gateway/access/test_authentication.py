"""Who a caller is by its `Authorization` header, and that a door once closed does not open by itself."""

from __future__ import annotations

import pytest

from adapters.keys import digest_of
from adapters.principal import LOCAL_PRINCIPAL
from gateway.access.authentication import Authentication, Unauthenticated, authentication_of
from gateway.configuration.settings import Settings

KEY = "tg_0123456789_0123456789"


def ring(entries: str, host: str = "127.0.0.1") -> Authentication:
    return authentication_of(Settings(api_keys=entries, host=host))


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER  {KEY} "])
async def test_the_scheme_is_read_in_any_case(header: str) -> None:
    """HTTP's schemes know no case, and blanks around the key are no part of it."""
    assert (await ring(f"alice={KEY}").authenticate(header)).id == "alice"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", KEY, f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer sha256:{digest_of(KEY)}"]
)
async def test_whoever_brings_no_key_of_the_ring_is_refused(header: str | None) -> None:
    """No header, another scheme, a wrong key, or the digest in place of its key let nobody in."""
    with pytest.raises(Unauthenticated):
        await ring(f"alice={KEY}").authenticate(header)


@pytest.mark.parametrize("header", [None, f"Bearer {KEY}", "nonsense"])
async def test_without_keys_everyone_is_the_local_principal(header: str | None) -> None:
    """On loopback, whatever a header says, there is one caller."""
    assert await ring("").authenticate(header) is LOCAL_PRINCIPAL


async def test_beyond_loopback_nobody_is_the_local_principal() -> None:
    """Without any key, who is not on this machine is refused rather than let in."""
    with pytest.raises(Unauthenticated):
        await ring("", host="0.0.0.0").authenticate(None)
    assert not await ring("", host="0.0.0.0").is_open()
