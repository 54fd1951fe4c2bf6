"""No secret appears in an answer, a log or a file: a gateway's whole life with credentials and webhooks, grepped."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.vault import new_encryption_key
from tests.adapters.conftest import Loopback
from tests.aws_server import Asked, AwsServer, Refusal
from tests.running import PROJECT
from tests.waiting import WAIT_SECONDS

AWS_SECRET = f"wJalrXUtnFEMI{secrets.token_hex(14)}"
EXTERNAL_ID = f"external-{secrets.token_hex(16)}"
PRIVATE_KEY = f"private-key-{secrets.token_hex(16)}"
CLIENT_SECRET = f"client-secret-{secrets.token_hex(16)}"
WEBHOOK_SECRET = f"webhook-secret-{secrets.token_hex(16)}"
API_KEY = f"tg_{secrets.token_hex(24)}"
SIGIL_TOKEN = f"sk_live_{secrets.token_hex(16)}"
LABEL = f"label-{secrets.token_hex(8)}"
"""No secret: what is looked for to see that looking finds something."""
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
ROLE = "arn:aws:iam::123456789012:role/reader"

ADD = (
    "mutation($input: AddCredentialInput!)"
    " { addCredential(input: $input) { __typename ... on Problem { code message } ... on Credential { id hint } } }"
)
REGISTER = (
    "mutation($input: RegisterWebhookInput!)"
    " { registerWebhook(input: $input) { __typename ... on Problem { code message } ... on Webhook { id url } } }"
)
SCAN = "mutation { startCloudScan { __typename } }"
LISTS = """
{
  credentials { id label hint credentialType cloud createdAt lastVerifiedAt }
  webhooks { id url events lastStatus lastFiredAt }
  scans(kind: CLOUD) { nodes { id status error } }
  auditLog { nodes { eventType actor detail } }
  actions { id lastError }
  services { service health message }
}
"""
CREDENTIALS: list[dict[str, Any]] = [
    {"cloud": "aws", "label": LABEL, "accessKeyId": KEY_ID, "secretAccessKey": AWS_SECRET},
    {"cloud": "aws", "roleArn": ROLE, "externalId": EXTERNAL_ID},
    {"cloud": "gcp", "payload": json.dumps({"client_email": "scanner@example.com", "private_key": PRIVATE_KEY})},
    {"cloud": "azure", "payload": json.dumps({"clientId": "scanner", "clientSecret": CLIENT_SECRET})},
]
UNFIT: list[Any] = [
    {"cloud": "aws", "accessKeyId": "short", "secretAccessKey": AWS_SECRET},
    {"cloud": "aws", "roleArn": ROLE, "externalId": f"{EXTERNAL_ID} two"},
    {"cloud": "aws", "roleArn": ROLE, "accessKeyId": KEY_ID, "secretAccessKey": AWS_SECRET},
    {"cloud": "aws", "secretAccessKey": [AWS_SECRET]},
    {"cloud": "aws", "secretAccessKey": AWS_SECRET, "unknownField": AWS_SECRET},
    {"cloud": "gcp", "payload": PRIVATE_KEY},
    {"cloud": "gcp", "payload": {"private_key": PRIVATE_KEY}},
    {"cloud": "azure", "payload": f'{{"clientSecret": "{CLIENT_SECRET}"'},
    {"secretAccessKey": AWS_SECRET},
    [AWS_SECRET],
    AWS_SECRET,
]
MALFORMED = [
    f'{{"query": "{{ viewer {{ id }} }}", "variables": {{"secret": "{AWS_SECRET}"',
    f'"{AWS_SECRET}"',
    json.dumps({"query": f'mutation {{ addCredential(input: {{ cloud: "aws", secretAccessKey "{AWS_SECRET}" }}) }}'}),
    json.dumps({"query": f'mutation {{ addCredential(input: {{ secretAccessKey: ["{AWS_SECRET}"] }}) {{ id }} }}'}),
    json.dumps({"query": f'mutation {{ registerWebhook(input: {{ secret: "{WEBHOOK_SECRET}" }}) {{ id }} }}'}),
]
WIRE: list[tuple[str, Any]] = [
    ("/credentials", {"cloud": "aws", "access_key_id": KEY_ID, "secret_access_key": AWS_SECRET}),
    ("/credentials", {"cloud": "aws", "role_arn": ROLE, "external_id": EXTERNAL_ID}),
    ("/credentials", {"cloud": "gcp", "payload": {"client_email": "a@example.com", "private_key": PRIVATE_KEY}}),
    ("/credentials", {"cloud": "aws", "access_key_id": KEY_ID, "secret_access_key": {"value": AWS_SECRET}}),
    ("/credentials", {"cloud": "aws", "access_key_id": "short", "secret_access_key": AWS_SECRET}),
    ("/credentials", {"cloud": 1, "secret_access_key": AWS_SECRET}),
    ("/credentials", [AWS_SECRET]),
    ("/webhooks", {"url": "https://hooks.invalid/in", "secret": WEBHOOK_SECRET}),
    ("/webhooks", {"url": "ftp://hooks.invalid/in", "secret": WEBHOOK_SECRET}),
    ("/webhooks", {"url": "https://hooks.invalid/in", "secret": [WEBHOOK_SECRET]}),
    ("/webhooks", {"url": "https://hooks.invalid/in", "secret": WEBHOOK_SECRET, "events": [WEBHOOK_SECRET[:39]]}),
]


@dataclass
class Life:
    """A gateway in a process of its own: `answers` is all that it answered, `log` all that it logged."""

    graph: str
    rest: str
    log: Path
    answers: list[str] = field(default_factory=list)

    async def send(self, url: str, body: str, key: str = API_KEY) -> httpx.Response:
        """Post a body."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
            answer = await client.post(url, content=body)
        self.answers.append(f"{answer.headers} {answer.text}")
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """Send an operation, and give the data of its field."""
        answer = await self.send(f"{self.graph}/graphql", json.dumps({"query": query, "variables": variables}))
        return answer.json().get("data")

    async def scanned(self, count: int) -> list[dict[str, Any]]:
        """Scan, and wait until so many scans have ended."""
        await self.ask(SCAN)

        async def ended() -> bool:
            nodes = (await self.ask(LISTS))["scans"]["nodes"]
            return len(nodes) == count and all(scan["status"] != "RUNNING" for scan in nodes)

        await until_answered(ended)
        scans: list[dict[str, Any]] = (await self.ask(LISTS))["scans"]["nodes"]
        return scans


@contextlib.contextmanager
def living(data: Path, aws: AwsServer, encryption_key: str, allowed: str) -> Iterator[Life]:
    """Run a gateway with every log turned up."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("TRIGRAPH_", "AWS_"))},
        "AWS_ACCESS_KEY_ID": "AKIAOWNOWNOWNOWNOWNO",
        "AWS_SECRET_ACCESS_KEY": AWS_SECRET[::-1],
        "TRIGRAPH_DATA_DIR": str(data),
        "TRIGRAPH_WORKERS": "1",
        "TRIGRAPH_API_KEYS": f"alice={API_KEY}",
        "TRIGRAPH_ENCRYPTION_KEY": encryption_key,
        "TRIGRAPH_AWS_ENDPOINT_URL": aws.url,
        "TRIGRAPH_WEBHOOKS_ALLOWED": allowed,
        "TRIGRAPH_CLOUDLINK_SCHEDULE": "0 0 1 1 *",
        "TRIGRAPH_SIGIL": "http://127.0.0.1:1",
        "TRIGRAPH_SIGIL_TOKEN": SIGIL_TOKEN,
    }
    log = data / f"{secrets.token_hex(4)}.log"
    with log.open("w") as errors:
        command = [sys.executable, "-m", "tests.gateway.debugged_process"]
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            graph, rest = process.stdout.readline().split()
            yield Life(graph, rest, log)
        finally:
            process.communicate(timeout=60)


async def until_answered(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until what is asked for is so."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - another process says so
            await asyncio.sleep(0.1)


def forms(secret: str) -> Iterator[bytes]:
    """Write a secret in the ways that a library may write it."""
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    for offset in range(3):  # wherever it may lie within what is encoded
        yield base64.b64encode(b"x" * offset + plain)[4:-4]


def held(data: Path, lives: list[Life], texts: dict[str, str]) -> dict[str, list[str]]:
    """Say in which answers, logs and files each of the texts is."""
    places = {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*") if path.is_file()}
    for number, life in enumerate(lives):
        places[f"answers {number}"] = "\n".join(life.answers).encode()
    found = {
        name: [place for place, content in places.items() if any(form in content for form in forms(text))]
        for name, text in texts.items()
    }
    return {name: where for name, where in found.items() if where}


@pytest.fixture
def aws(running_aws: AwsServer) -> Iterator[AwsServer]:
    """The server that stands for AWS, whole again at the end."""
    yield running_aws
    running_aws.refuse = lambda _: None


SECRETS = {
    "AWS secret": AWS_SECRET,
    "own AWS secret": AWS_SECRET[::-1],
    "external id": EXTERNAL_ID,
    "private key": PRIVATE_KEY,
    "client secret": CLIENT_SECRET,
    "webhook secret": WEBHOOK_SECRET,
    "API key": API_KEY,
    "upstream token": SIGIL_TOKEN,
    "key of a session": "SecretAccessKey>",
}


async def test_no_secret_is_in_an_answer_a_log_or_a_file(aws: AwsServer, loopback: Loopback, tmp_path: Path) -> None:
    """Credentials of all kinds and webhooks, from one end of their life to the other, with all that can go wrong."""
    key, other_key = new_encryption_key(), new_encryption_key()
    loopback.page("/in", status=500)
    allowed = f"127.0.0.1:{loopback.port}"
    hook = {"url": f"http://{allowed}/in", "secret": WEBHOOK_SECRET}
    with living(tmp_path, aws, key, allowed) as first:
        await hand_in(first, hook)
        await scan_well_and_badly(first, aws)
    with living(tmp_path, aws, other_key, allowed) as second:
        assert any("encryption" in (scan["error"] or "").lower() for scan in await second.scanned(12))
    with living(tmp_path, aws, "", allowed) as third:
        await take_back(third, hook)
    lives = [first, second, third]
    control = held(
        tmp_path, lives, {"label": LABEL, "workflow": "cloudlink-scan", "statement": "INSERT INTO cloudlink_"}
    )
    assert "answers 0" in control["label"]
    assert {place.rpartition(".")[2] for place in control["workflow"]} >= {"log", "sqlite3"}
    assert first.log.name in control["statement"]
    assert held(tmp_path, lives, {**SECRETS, "encryption key": key, "other encryption key": other_key}) == {}


async def hand_in(life: Life, hook: dict[str, str]) -> None:
    """Give credentials and webhooks by the graph and over REST, right ones and wrong ones."""
    for given in CREDENTIALS:
        assert (await life.ask(ADD, input=given))["addCredential"]["__typename"] == "Credential"
    for given in UNFIT:
        await life.ask(ADD, input=given)
    for wanted in (hook, {"url": "http://127.0.0.1:1/in", "secret": WEBHOOK_SECRET}, {**hook, "url": "none"}):
        await life.ask(REGISTER, input=wanted)
    for body in MALFORMED:
        assert (await life.send(f"{life.graph}/graphql", body)).status_code < 500
    assert (await life.send(f"{life.graph}/graphql", "{}", f"{API_KEY}-almost")).status_code == 401
    statuses = [(await life.send(f"{life.rest}{path}", json.dumps(body))).status_code for path, body in WIRE]
    assert statuses == [201, 201, 201, 422, 422, 422, 422, 201, 422, 422, 422]
    await life.send(f"{life.rest}/credentials", f'{{"secret_access_key": "{AWS_SECRET}"')
    assert await life.ask("{ packageScans { nodes { id } } }") is None  # nothing answers there


async def scan_well_and_badly(life: Life, aws: AwsServer) -> None:
    """Scan all accounts, then once more while AWS lets nobody in, until a webhook has been refused."""
    scans = await life.scanned(4)
    assert {scan["status"] for scan in scans} == {"COMPLETED"}
    aws.refuse = refuse_signing_in
    assert any("AccessDenied" in (scan["error"] or "") for scan in await life.scanned(8))

    async def refused() -> bool:
        return "500" in {hook["lastStatus"] for hook in (await life.ask(LISTS))["webhooks"]}

    await until_answered(refused)


async def take_back(life: Life, hook: dict[str, str]) -> None:
    """Be refused without an encryption key, and remove what there is."""
    for given in CREDENTIALS:
        assert (await life.ask(ADD, input=given))["addCredential"]["__typename"] == "NotAllowed"
    assert (await life.ask(REGISTER, input=hook))["registerWebhook"]["__typename"] == "NotAllowed"
    everything = await life.ask(LISTS)
    for credential in everything["credentials"]:
        await life.ask("mutation($id: ID!) { removeCredential(credentialId: $id) }", id=credential["id"])
    for webhook in everything["webhooks"]:
        await life.ask("mutation($id: ID!) { removeWebhook(webhookId: $id) }", id=webhook["id"])


def refuse_signing_in(asked: Asked) -> Refusal | None:
    """Let nobody in."""
    return Refusal() if asked.service == "sts" else None
