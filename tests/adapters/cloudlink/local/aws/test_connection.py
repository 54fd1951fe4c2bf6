from __future__ import annotations

import logging
import urllib.parse

import pytest

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.aws.connection import Aws, session_name
from adapters.principal import Principal
from tests.aws_server import AwsServer
from tests.cloud_engine import CloudEngine

EXTERNAL_ID = "an-external-id-that-is-kept-secret"
ROLE = NewCredential(cloud="aws", role_arn="arn:aws:iam::123456789012:role/scanner", external_id=EXTERNAL_ID)


async def test_a_role_is_assumed_in_a_session_of_the_tenants(
    engine: CloudEngine, aws: AwsServer, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trust policy can demand the name, which no other tenant can have."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOWNOWNOWNOWNOWNO")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own" * 12)
    await engine.scan(await engine.account(principal, ROLE))
    assumed = [urllib.parse.parse_qs(each.body.decode()) for each in aws.asked if each.service == "sts"]
    assert [(each["RoleSessionName"], each["ExternalId"]) for each in assumed] == [
        ([f"trigraph-{principal.tenant}"], [EXTERNAL_ID])
    ]


@pytest.mark.parametrize("tenant", ["", "acme corp", "acme/eu", "ünïcode", "x" * 60, "trigraph@x\n"])
def test_a_tenant_that_no_session_can_be_called_by_has_a_name_of_its_own(tenant: str) -> None:
    """One that AWS takes, and that no other tenant's name comes to."""
    name = session_name(tenant)
    assert name.isascii()
    assert 2 <= len(name) <= 64
    assert name != session_name(f"{tenant}x")
    assert name != session_name(name.removeprefix("trigraph@"))


def test_what_talks_too_much_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries that log whole answers, keys of sessions among them, do not even where everything is turned up."""
    monkeypatch.setattr(logging.getLogger("botocore"), "level", logging.NOTSET)
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    Aws()
    assert not logging.getLogger("botocore.auth").isEnabledFor(logging.DEBUG)
