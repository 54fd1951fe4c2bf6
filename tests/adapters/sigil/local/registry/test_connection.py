from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.errors import InvalidPayload, NotFound
from adapters.sigil.local.registry.connection import open_registries
from adapters.sigil.local.registry.fetch import fetch_package
from adapters.sigil.local.registry.material import NpmConfiguration, PypiConfiguration
from adapters.sigil.local.target import parse_target

if TYPE_CHECKING:
    from tests.adapters.conftest import Loopback


async def test_a_configured_registry_may_have_a_private_address(loopback: Loopback) -> None:
    """Companies have them in their own network; the answer comes from there."""
    registries = open_registries(NpmConfiguration(f"http://127.0.0.1:{loopback.port}"), PypiConfiguration())
    async with registries.client:
        with pytest.raises(NotFound, match=r"127\.0\.0\.1"):
            await fetch_package(parse_target("npm:x"), registries)
    assert loopback.asked[0].headers["user-agent"] == "trigraph"


async def test_no_other_private_address_is_reached(loopback: Loopback) -> None:
    """What a registry's answer leads to must be public, or the same host and port."""
    registries = open_registries(NpmConfiguration(f"http://127.0.0.1:{loopback.port}"), PypiConfiguration())
    dist = f'{{"tarball": "http://127.0.0.2:{loopback.port}/x.tgz"}}'
    loopback.page("/x", f'{{"dist-tags": {{"latest": "1.0.0"}}, "versions": {{"1.0.0": {{"dist": {dist}}}}}}}')
    async with registries.client:
        with pytest.raises(InvalidPayload, match="not on the public internet"):
            await fetch_package(parse_target("npm:x"), registries)
    assert [one.target for one in loopback.asked] == ["/x"]
