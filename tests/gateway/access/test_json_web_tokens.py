"""Callers by JWTs: what an identity provider on loopback has signed lets in, and no forgery does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from typing import Any

import pytest

from gateway.access.authentication import authentication_of
from gateway.access.json_web_tokens import claim
from gateway.configuration.settings import Settings, SettingsError, read_settings
from tests.gateway.access.identity_provider import EC, ED, OTHER, PUBLIC, RSA, WEAK, Provider, jwk


@pytest.mark.parametrize(
    ("key", "algorithm", "key_id"), [(RSA, "RS256", "rsa"), (EC, "ES256", "ec"), (ED, "EdDSA", "ed")]
)
async def test_a_token_names_its_caller(key: Any, algorithm: str, key_id: str, provider: Provider) -> None:
    """With tenant, roles and tier; the id is no key's, so that nobody becomes the holder of a key by a name."""
    token = provider.token(key, algorithm, key_id, tenant="acme", roles=["viewer", "operator"], tier="team")
    caller = await provider.door().principal_of(token)
    assert caller is not None
    assert (caller.id, caller.name, caller.tenant) == ("jwt:ann", "ann", "acme")
    assert (caller.roles, caller.tier, caller.key) == (("viewer", "operator"), "team", None)
    assert caller.expires_at is not None


async def test_a_token_that_tells_nothing_gives_nothing(provider: Provider) -> None:
    """Neither a role nor anybody else's tenant."""
    caller = await provider.door().principal_of(provider.token())
    assert caller is not None
    assert (caller.tenant, caller.roles, caller.tier) == ("jwt:ann", (), "pro")


async def test_the_door_is_closed_by_a_provider(provider: Provider) -> None:
    """Without a token nobody is the local principal, and with one the chain names its caller."""
    entrance = authentication_of(provider.settings())
    assert not await entrance.is_open()
    assert (await entrance.authenticate(f"Bearer {provider.token()}")).id == "jwt:ann"


def unsigned(provider: Provider) -> str:
    return provider.token(None, "none", "rsa")


def confused(provider: Provider) -> str:
    """HS256 with the public key as the secret, which PyJWT itself would not sign."""
    _, claims, _ = provider.token().split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"rsa"}').rstrip(b"=").decode()
    mac = hmac.new(PUBLIC, f"{head}.{claims}".encode(), hashlib.sha256).digest()
    return f"{head}.{claims}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


NOW = time.time()
FORGERIES: dict[str, Any] = {
    "none": unsigned,
    "algorithm confusion": confused,
    "a stranger's key": lambda provider: provider.token(OTHER),
    "a stranger's key, brought along": lambda provider: provider.token(OTHER, head_jwk=jwk(OTHER, "rsa")),
    "a key's place, brought along": lambda provider: provider.token(OTHER, key_id="x", head_jku="http://127.0.0.1:1/"),
    "another audience": lambda provider: provider.token(aud="other"),
    "no audience": lambda provider: provider.token(aud=None),
    "another issuer": lambda provider: provider.token(iss="https://evil.example"),
    "no issuer": lambda provider: provider.token(iss=None),
    "expired": lambda provider: provider.token(exp=int(NOW) - 1),
    "no expiry": lambda provider: provider.token(exp=None),
    "not yet good": lambda provider: provider.token(nbf=int(NOW) + 3600),
    "issued tomorrow": lambda provider: provider.token(iat=int(NOW) + 86400),
    "nobody": lambda provider: provider.token(sub=None),
    "an empty subject": lambda provider: provider.token(sub=""),
    "a long subject": lambda provider: provider.token(sub="a" * 121),
    "a subject that is no text": lambda provider: provider.token(sub="a\x00b"),
    "a tenant that is a path": lambda provider: provider.token(tenant="../acme"),
    "a tenant of another kind": lambda provider: provider.token(tenant={"id": "acme"}),
    "an empty tenant": lambda provider: provider.token(tenant=""),
    "a tenant that is false": lambda provider: provider.token(tenant=False),
    "an empty tier": lambda provider: provider.token(tier={}),
    "a tier that is none": lambda provider: provider.token(tier="boundless"),
    "another type of token": lambda provider: provider.token(head_typ="logout+jwt"),
    "an algorithm that is not pinned": lambda provider: provider.token(RSA, "RS512"),
    "an unknown key": lambda provider: provider.token(key_id="gone"),
    "no key's name among several": lambda provider: provider.token(key_id=None),
    "changed claims": lambda provider: provider.token().replace(".", ".e30", 1),
    "no token": lambda _: "a.b.c",
    "a long one": lambda provider: provider.token(more="x" * 9000),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_or_unfit_token_lets_nobody_in(forgery: str, provider: Provider) -> None:
    """Each differs from a good one in one thing."""
    door = provider.door()
    assert await door.principal_of(provider.token()) is not None
    assert await door.principal_of(FORGERIES[forgery](provider)) is None


async def test_the_providers_clock_may_be_ahead_a_little(provider: Provider) -> None:
    """By half a minute; no token is good beyond its time for that."""
    soon = int(time.time()) + 20
    assert await provider.door().principal_of(provider.token(nbf=soon, iat=soon)) is not None


async def test_a_flood_of_unknown_keys_fetches_once(provider: Provider) -> None:
    """Whoever makes key ids up does not make the gateway flood the provider."""
    door = provider.door(pause_seconds=60.0)
    tokens = [provider.token(OTHER, key_id=f"made-up-{number}") for number in range(50)]
    assert await asyncio.gather(*(door.principal_of(token) for token in tokens)) == [None] * 50
    assert await door.principal_of(provider.token()) is not None
    assert provider.fetches() == 1


async def test_keys_rotate(provider: Provider) -> None:
    """A new key is found when a token names it, and one that was withdrawn is taken no more."""
    door = provider.door()
    assert await door.principal_of(provider.token()) is not None
    provider.publish(jwk(OTHER, "new"))
    assert await door.principal_of(provider.token(OTHER, key_id="new")) is not None
    assert await door.principal_of(provider.token(iat=int(time.time()) - 1)) is None


async def test_known_keys_stay_while_the_provider_is_down(provider: Provider) -> None:
    """Its tokens go on; an unknown key is not found."""
    door = provider.door()
    assert await door.principal_of(provider.token()) is not None
    provider.server.page("/keys", "broken", status=503)
    assert await door.principal_of(provider.token(key_id="new")) is None
    assert await door.principal_of(provider.token(iat=int(time.time()) - 1)) is not None


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"keys": 1}', b'{"keys": [1]}', b"{" + b" " * 300_000 + b"}"])
async def test_what_is_no_set_of_keys_is_left(body: bytes, provider: Provider) -> None:
    """Nothing, another shape, or more than is read."""
    provider.server.page("/keys", body, "application/json")
    assert await provider.door().principal_of(provider.token()) is None


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
@pytest.mark.parametrize(
    "published",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "rsa"},
        {"kty": "RSA", "kid": "rsa"},
        {"kty": "RSA", "kid": {"a": 1}},
        jwk(RSA, "rsa", use="enc"),
        jwk(RSA, "rsa", alg="RS512"),
        jwk(WEAK, "weak"),
    ],
    ids=["shared", "empty", "oddly named", "for secrecy", "of another signature", "weak"],
)
async def test_a_key_that_is_not_fit_is_passed_over(published: dict[str, Any], provider: Provider) -> None:
    """The others of the set are taken."""
    provider.publish(published, jwk(EC, "ec"))
    door = provider.door()
    assert await door.principal_of(provider.token(EC, "ES256", "ec")) is not None
    forged = provider.token(WEAK if published.get("kid") == "weak" else RSA, key_id=str(published["kid"]))
    assert await door.principal_of(forged) is None


@pytest.mark.parametrize("changed", [{"issuer": "https://evil.example"}, {"jwks_uri": "http://evil.example/keys"}])
async def test_a_configuration_that_leads_astray_is_not_followed(changed: dict[str, str], provider: Provider) -> None:
    """Of another issuer, or to where anyone on the way could change the keys."""
    provider.configure(**changed)
    assert await provider.door().principal_of(provider.token()) is None


async def test_the_place_of_the_keys_may_be_set(provider: Provider) -> None:
    """Then no configuration is asked for, and the only key needs no name."""
    provider.publish(jwk(RSA, "rsa"))
    door = provider.door(jwt_jwks_url=f"{provider.issuer}/keys")
    assert await door.principal_of(provider.token(key_id=None)) is not None
    assert [asked.target for asked in provider.server.asked] == ["/keys"]


async def test_claims_may_have_other_names(provider: Provider) -> None:
    """Also names with dots, and paths; roles may be words in a row."""
    door = provider.door(jwt_tenant_claim="https://acme.example/org", jwt_roles_claim="realm_access.roles")
    named: dict[str, Any] = {"https://acme.example/org": "acme", "realm_access": {"roles": "viewer operator a/b"}}
    caller = await door.principal_of(provider.token(**named))
    assert caller is not None
    assert (caller.tenant, caller.roles) == ("acme", ("viewer", "operator"))
    assert claim({"a": "b"}, "a.b") is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"jwt_issuer": "http://idp.example"}, "TRIGRAPH_JWT_ISSUER is 'http://idp.example'"),
        ({"jwt_issuer": "idp.example"}, "TRIGRAPH_JWT_ISSUER is 'idp.example'"),
        ({"jwt_jwks_url": "https://u:p@idp.example"}, "TRIGRAPH_JWT_JWKS_URL"),
        ({"jwt_algorithms": "HS256"}, "'HS256' is none of RS256"),
        ({"jwt_algorithms": "RS256,none"}, "'none' is none of RS256"),
        ({"jwt_algorithms": ","}, "it names no signature"),
    ],
)
def test_a_setting_that_would_weaken_is_refused(given: dict[str, str], said: str) -> None:
    """With the setting's name."""
    with pytest.raises(SettingsError, match=said):
        read_settings(**given)


def test_an_issuer_needs_an_audience() -> None:
    """Otherwise a token for any of the provider's applications would do."""
    with pytest.raises(SettingsError, match="TRIGRAPH_JWT_AUDIENCE"):
        authentication_of(Settings(jwt_issuer="https://idp.example"))
