"""Tokens that callers bring to the graph: where they go, and what they show."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.services import Service
from tests.faults.gateway import Upstreams, gateway_over
from tests.faults.proxy import Fault
from tests.graph_client import GraphClient, events

ALL = "{ viewer { usage { tier } plan { plan } } packageScans { nodes { id } } }"
GENERATE = """mutation {
  begun: generateRules(input: {text: "The malware ran rundll32.exe (T1218.011)"}) { ... on Execution { arn } }
}"""
EXECUTIONS = "{ executions { nodes { arn } } }"
STATUS = "subscription($arn: String!) { executionStatus(arn: $arn) { execution { status } } }"


def bringing(client: GraphClient, tokens: Mapping[Service, str]) -> GraphClient:
    """Give the client of a caller that brings tokens, in headers and in `connection_init`."""
    own = GraphClient(client._url.removesuffix("/graphql"))
    own._headers = {f"X-Trigraph-{service.value.title()}-Token": token for service, token in tokens.items()}
    return own


def new_tokens() -> dict[Service, str]:
    """Make up a token for each service."""
    prefixes = {Service.CLOUDSIGMA: "csk", Service.SIGIL: "sk", Service.CLOUDLINK: "cl"}
    return {service: f"{prefix}_live_{secrets.token_hex(16)}" for service, prefix in prefixes.items()}


async def test_each_token_goes_to_its_own_service(upstreams: Upstreams, tmp_path: Path) -> None:
    """In place of the gateway's, for this caller only."""
    tokens = new_tokens()
    async with gateway_over(upstreams, tmp_path, token_passthrough=True) as client:
        await bringing(client, tokens).execute(ALL)
        brought = {service: proxy.headers["authorization"] for service, proxy in upstreams.proxies.items()}
        await client.execute(ALL)
        shared = {service: proxy.headers["authorization"] for service, proxy in upstreams.proxies.items()}
    assert brought == {service: f"Bearer {token}" for service, token in tokens.items()}
    assert shared == {service: f"Bearer {token}" for service, token in upstreams.tokens.items()}


async def test_a_token_does_not_follow_a_redirect(upstreams: Upstreams, tmp_path: Path) -> None:
    """The other host is not asked at all."""
    async with gateway_over(upstreams, tmp_path, token_passthrough=True) as client:
        for proxy in upstreams.proxies.values():
            proxy.fault = Fault.REDIRECT
        answer = await bringing(client, new_tokens()).post(ALL)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"SERVICE_UNREACHABLE"}
    assert [proxy.elsewhere for proxy in upstreams.proxies.values()] == [0, 0, 0]


async def test_what_a_token_shows_is_its_callers(upstreams: Upstreams, tmp_path: Path) -> None:
    """Also what was begun elsewhere with it; who brings another token, or none, sees nothing of it."""
    own = {Service.CLOUDSIGMA: new_tokens()[Service.CLOUDSIGMA]}
    async with gateway_over(upstreams, tmp_path, token_passthrough=True) as client:
        mine = bringing(client, own)
        arn = (await mine.execute(GENERATE))["begun"]["arn"]
        seen = await events(mine, STATUS, arn=arn)
        assert seen[-1]["executionStatus"]["execution"]["status"] == "SUCCEEDED"
        assert (await mine.execute(EXECUTIONS))["executions"]["nodes"] == [{"arn": arn}]
        for other in (client, bringing(client, new_tokens())):
            assert (await other.execute(EXECUTIONS))["executions"]["nodes"] == []


async def test_tokens_are_passed_over_where_that_is_not_enabled(upstreams: Upstreams, tmp_path: Path) -> None:
    """The gateway's own are used."""
    async with gateway_over(upstreams, tmp_path) as client:
        await bringing(client, new_tokens()).execute(ALL)
    for service, proxy in upstreams.proxies.items():
        assert proxy.headers["authorization"] == f"Bearer {upstreams.tokens[service]}"


@pytest.mark.parametrize("token", ["two words", "x" * 5000])
async def test_what_is_no_token_is_a_bad_request(token: str, upstreams: Upstreams, tmp_path: Path) -> None:
    """It names the header and does not repeat the token."""
    async with gateway_over(upstreams, tmp_path, token_passthrough=True) as client:
        answer = await bringing(client, {Service.SIGIL: token}).post(ALL)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "x-trigraph-sigil-token" in error["message"]
    assert token not in error["message"]
