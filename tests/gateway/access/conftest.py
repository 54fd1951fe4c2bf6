"""An identity provider for each test that wants one."""

from __future__ import annotations

import pytest

from tests.adapters.conftest import Loopback
from tests.gateway.access.identity_provider import EC, ED, RSA, Provider, jwk


@pytest.fixture
async def provider(loopback: Loopback) -> Provider:
    """A provider with a key of each kind."""
    provider = Provider(loopback)
    provider.configure()
    provider.publish(jwk(RSA, "rsa"), jwk(EC, "ec"), jwk(ED, "ed"))
    return provider
