"""Who may call the served CloudSigma, and the keys that its users make."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from adapters.cloudsigma.callers import Callers
from adapters.keys import Unauthorized, digest_of
from adapters.principal import Principal
from adapters.store.cloudsigma import api_keys
from adapters.store.database import Database
from tests.adapters.cloudsigma.envelope import data_of, error_of
from tests.conftest import JWT_SECRET
from tests.running import new_principal

Bearer = Callable[..., dict[str, str]]
Server = httpx.AsyncClient

ENDPOINTS = [
    ("POST", "/v1/generate"),
    ("GET", "/v1/status/arn:aws:states:REGION:ACCOUNT_ID:execution:CloudSigmaPipeline:abc-123"),
    ("GET", "/v1/executions"),
    ("GET", "/v1/usage"),
    ("GET", "/v1/api-keys"),
    ("POST", "/v1/api-keys"),
    ("DELETE", "/v1/api-keys/csk_live_00112233"),
]


def new_key() -> str:
    return f"csk_live_{secrets.token_hex(16)}"


def jwt_of(header: str, claims: str) -> str:
    parts = (base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (header, claims))
    return f"{'.'.join(parts)}."


UNSIGNED = jwt_of('{"alg":"none","typ":"JWT"}', '{"sub":"ann","tier":"pro","exp":9999999999}')
DEEP = jwt_of('{"alg":' + "[" * 9000, "{}")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_every_endpoint_but_health_wants_a_token(server: Server, method: str, path: str) -> None:
    """401 in the envelope, with the page's own words."""
    answer = await server.request(method, path)
    assert error_of(answer, 401, "Unauthorized") == "Invalid or missing token"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "csk_live_00112233445566778899aabbccddeeff",
        "Bearer csk_live_00112233445566778899aabbccddeef",
        "Bearer csk_live_00112233445566778899aabbccddeeff0",
        "Bearer csk_live_00112233445566778899AABBCCDDEEFF",
        "Bearer csk_test_00112233445566778899aabbccddeeff",
        "Bearer csk_live_00112233445566778899aabbccddeeff csk_live_00112233445566778899aabbccddeeff",
        "Bearer eyJ",
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.",
        f"Bearer {UNSIGNED}",
        f"Bearer {DEEP}",
    ],
)
async def test_a_token_of_another_form_is_refused(server: Server, authorization: str) -> None:
    """Whatever is wrong with it, the answer is the same 401."""
    error_of(await server.get("/v1/usage", headers={"Authorization": authorization}), 401, "Unauthorized")


@pytest.mark.parametrize(
    "claims",
    [
        {"secret": "another secret of at least thirty-two characters"},
        {"secret": f"{JWT_SECRET}{JWT_SECRET}", "algorithm": "HS512"},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
        {"exp": None},
        {"nbf": datetime(2090, 1, 1, tzinfo=UTC)},
        {"aud": "somebody else"},
        {"tier": "platinum"},
        {"tier": ["pro"]},
        {"tier": {"name": "pro"}},
        {"sub": ""},
        {"sub": None},
        {"sub": "x" * 129},
    ],
    ids=str,
)
async def test_a_jwt_that_does_not_hold_is_refused(server: Server, bearer: Bearer, claims: dict[str, object]) -> None:
    """Wrong secret or algorithm, expired, for somebody else, or with claims that make no sense."""
    error_of(await server.get("/v1/usage", headers=bearer(**claims)), 401, "Unauthorized")


async def test_a_jwt_says_user_and_tier(server: Server, bearer: Bearer) -> None:
    """Without a tier it is the free one, and the scheme's case does not matter."""
    assert data_of(await server.get("/v1/usage", headers=bearer(tier="team")))["tier"] == "team"
    assert data_of(await server.get("/v1/usage", headers=bearer(tier=None)))["tier"] == "free"
    lower = {"authorization": bearer()["Authorization"].replace("Bearer", "bearer")}
    data_of(await server.get("/v1/usage", headers=lower))


async def test_without_a_secret_no_jwt_is_accepted(store: Database, bearer: Bearer) -> None:
    """Not even one that was signed with an empty secret's neighbour."""
    token = bearer("ann")["Authorization"].removeprefix("Bearer ")
    for secret in (None, ""):
        with pytest.raises(Unauthorized):
            await Callers(store, {}, secret).authenticate(token)


async def test_where_no_keys_are_known_every_key_is_a_user_of_its_own(store: Database) -> None:
    """Which suits a server on loopback; the same key is the same user, on Pro."""
    callers = Callers(store, {}, None)
    key = new_key()
    one, again, other = [await callers.authenticate(token) for token in (key, key, new_key())]
    assert one == again
    assert one.tier == "pro"
    assert one.id != other.id
    assert key not in repr(one)


async def test_where_keys_are_known_only_those_are_accepted(store: Database) -> None:
    """Also ones of another form, as `trigraph keys` makes them."""
    known = {key: new_principal("pro") for key in (new_key(), "tg_a-key-of-another-form")}
    callers = Callers(store, {digest_of(key): user for key, user in known.items()}, None)
    for key, user in known.items():
        assert await callers.authenticate(key) == user
    with pytest.raises(Unauthorized):
        await callers.authenticate(new_key())


async def test_a_key_is_shown_once_and_works(server: Server, bearer: Bearer) -> None:
    """It acts for the user who made it; the list never shows it again."""
    user = bearer(tier="team")
    made = data_of(await server.post("/v1/api-keys", json={"name": "laptop"}, headers=user))
    assert made.keys() == {"key", "prefix", "name", "createdAt"}
    assert re.fullmatch(r"csk_live_[0-9a-f]{32}", made["key"])
    assert made["key"].startswith(made["prefix"])
    with_key = {"Authorization": f"Bearer {made['key']}"}
    unused = data_of(await server.get("/v1/api-keys", headers=user))
    del made["key"]
    assert unused == {"keys": [{**made, "lastUsedAt": None}]}
    assert data_of(await server.get("/v1/usage", headers=with_key))["tier"] == "team"
    (listed,) = data_of(await server.get("/v1/api-keys", headers=user))["keys"]
    assert listed["lastUsedAt"].endswith("Z")
    execution = {"inputType": "text", "text": "Boil the pasta."}
    arn = data_of(await server.post("/v1/generate", json=execution, headers=with_key))["executionArn"]
    data_of(await server.get(f"/v1/status/{arn}", headers=user))


async def test_a_deleted_key_is_refused(server: Server, bearer: Bearer) -> None:
    """It is gone from the list, and can't be deleted twice, nor by somebody else."""
    user = bearer()
    made = data_of(await server.post("/v1/api-keys", json={"name": "laptop"}, headers=user))
    path, with_key = f"/v1/api-keys/{made['prefix']}", {"Authorization": f"Bearer {made['key']}"}
    error_of(await server.delete(path, headers=bearer()), 404, "NotFound")
    data_of(await server.get("/v1/usage", headers=with_key))
    data_of(await server.delete(path, headers=user))
    error_of(await server.delete(path, headers=user), 404, "NotFound")
    assert data_of(await server.get("/v1/api-keys", headers=user)) == {"keys": []}
    # A server without known keys takes any key: this one is now a stranger's.
    assert data_of(await server.get("/v1/executions", headers=with_key)) == {"executions": []}


async def test_a_deleted_key_is_unknown_where_keys_are_known(store: Database) -> None:
    """On a server that is open to known keys only, it is refused."""
    callers = Callers(store, {"another": new_principal("pro")}, None)
    user = new_principal("pro")
    made = await callers.make_key(user, "laptop")
    caller = await callers.authenticate(made.key)
    assert (caller.id, caller.tier) == (user.id, "pro")
    await callers.delete_key(user, made.prefix)
    with pytest.raises(Unauthorized):
        await callers.authenticate(made.key)


async def test_keys_are_managed_with_a_jwt_only(server: Server, bearer: Bearer) -> None:
    """A key can't make, see or delete keys."""
    made = data_of(await server.post("/v1/api-keys", json={"name": "laptop"}, headers=bearer()))
    with_key = {"Authorization": f"Bearer {made['key']}"}
    for method, path in [("GET", ""), ("POST", ""), ("DELETE", f"/{made['prefix']}")]:
        body = {"json": {"name": "another"}} if method == "POST" else {}
        answer = await server.request(method, f"/v1/api-keys{path}", headers=with_key, **body)  # type: ignore[arg-type] # httpx's overloads
        assert "JWT" in error_of(answer, 403, "Forbidden")


async def test_the_free_tier_has_no_keys(server: Server, bearer: Bearer) -> None:
    """403, and the sentence names the plans that have."""
    answer = await server.post("/v1/api-keys", json={"name": "laptop"}, headers=bearer(tier="free"))
    assert "Pro, Team or Enterprise" in error_of(answer, 403, "Forbidden")


async def test_a_user_has_at_most_ten_keys(server: Server, bearer: Bearer) -> None:
    """The eleventh is refused until one is deleted."""
    user = bearer()
    made = [await server.post("/v1/api-keys", json={"name": f"key {number}"}, headers=user) for number in range(10)]
    listed = data_of(await server.get("/v1/api-keys", headers=user))["keys"]
    assert [key["prefix"] for key in listed] == [data_of(answer)["prefix"] for answer in made]
    answer = await server.post("/v1/api-keys", json={"name": "one more"}, headers=user)
    assert "At most 10 keys" in error_of(answer, 400, "ValidationError")
    data_of(await server.delete(f"/v1/api-keys/{listed[0]['prefix']}", headers=user))
    data_of(await server.post("/v1/api-keys", json={"name": "one more"}, headers=user))


async def test_a_name_that_is_taken_conflicts(server: Server, bearer: Bearer) -> None:
    """409 for the same user, nothing for another."""
    user = bearer()
    data_of(await server.post("/v1/api-keys", json={"name": "laptop"}, headers=user))
    answer = await server.post("/v1/api-keys", json={"name": "laptop"}, headers=user)
    assert "'laptop'" in error_of(answer, 409, "Conflict")
    data_of(await server.post("/v1/api-keys", json={"name": "laptop"}, headers=bearer()))


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 5}, {"name": "x" * 101}, {"name": "a\x00b"}, []])
async def test_a_name_that_will_not_do_is_refused(server: Server, bearer: Bearer, body: object) -> None:
    """400 that says what would do."""
    error_of(await server.post("/v1/api-keys", json=body, headers=bearer()), 400, "ValidationError")


async def test_a_key_is_kept_as_its_digest_and_its_use_noted_to_the_minute(store: Database) -> None:
    """The store can't give a key away, and a busy key does not write at each call."""
    callers = Callers(store, {}, None)
    made = await callers.make_key(Principal(id="ann", name="ann", tenant="ann", tier="pro"), "laptop")
    await callers.authenticate(made.key)

    async def row() -> tuple[object, ...]:
        async with store.read() as connection:
            return tuple((await connection.execute(select(api_keys))).one())

    first = await row()
    assert made.key not in repr(first)
    await callers.authenticate(made.key)
    assert await row() == first
    async with store.write() as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=2)
        await connection.execute(update(api_keys).values(last_used_at=earlier))
    await callers.authenticate(made.key)
    assert (await row())[-1] >= first[-1]  # type: ignore[operator] # two datetimes
