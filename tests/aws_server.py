"""AWS as moto serves it on loopback, behind a proxy that can fail what a test names."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.aws.connection import Aws, Keys, SignedIn

ROOT = Keys(access_key_id="AKIAROOTROOTROOTROOT", secret_access_key="root" * 10)
SCOPE = re.compile(rb"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"})


@dataclass(frozen=True)
class Asked:
    """A request as it was signed and sent."""

    region: str
    service: str
    body: bytes


@dataclass(frozen=True)
class Refusal:
    """What is answered in AWS's place: an error, or nothing at all, at once or when the caller has had enough."""

    code: str | None = "AccessDenied"
    status: int = 403
    held: bool = False

    def answer(self) -> bytes:
        """Write an error that each of AWS's protocols can read."""
        error = f"<Error><Code>{self.code}</Code><Message>No</Message></Error>"
        body = f"<Response><Errors>{error}</Errors>{error}</Response>".encode()
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", f"x-amzn-errortype: {self.code}"]
        lines += [
            f"x-amzn-query-error: {self.code};Sender",
            "Connection: close",
            f"Content-Length: {len(body)}",
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + body


@dataclass
class AwsServer:
    """An endpoint for all of AWS; `refuse` may name what is answered in its place, `asked` lists all requests."""

    moto: str
    refuse: Callable[[Asked], Refusal | None] = lambda _: None
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._client = httpx.AsyncClient(base_url=self.moto, timeout=60)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Listen no more."""
        self._server.close()
        await self._client.aclose()

    async def new_account(self) -> tuple[SignedIn, NewCredential]:
        """Make an empty account; give the way into it, and a credential with keys of it."""
        number = "".join(secrets.choice("123456789") for _ in range(12))
        aws = Aws(self.url)
        async with aws.client("sts", "us-east-1", ROOT) as sts:
            given = await sts.assume_role(RoleArn=f"arn:aws:iam::{number}:role/owner", RoleSessionName="owner")
        keys = Keys(
            access_key_id=given["Credentials"]["AccessKeyId"],
            secret_access_key=given["Credentials"]["SecretAccessKey"],
            session_token=given["Credentials"]["SessionToken"],
        )
        owner = SignedIn(aws=aws, account_id=number, keys=keys)
        async with owner.client("iam", "us-east-1") as iam:
            await iam.create_user(UserName="scanner")
            key = (await iam.create_access_key(UserName="scanner"))["AccessKey"]
        credential = NewCredential(
            cloud="aws", access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"]
        )
        return owner, credential

    async def cost(self, account_id: str, *results: dict[str, object]) -> None:
        """Say what Cost Explorer answers to the next different questions, in their order."""
        body = json.dumps({"account_id": account_id, "results": results})
        (await self._client.post("/moto-api/static/ce/cost-and-usage-results", content=body)).raise_for_status()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with AsyncExitStack() as stack:
            stack.callback(writer.close)
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                scope = SCOPE.search(head)
                asked = (
                    Asked(scope["region"].decode(), scope["service"].decode(), body) if scope else Asked("", "", body)
                )
                self.asked.append(asked)
                refusal = self.refuse(asked)
                if refusal is None:
                    writer.write(await self._forward(head, body))
                elif refusal.held:
                    await reader.read()  # to the end, which comes when the caller leaves
                elif refusal.code is not None:
                    writer.write(refusal.answer())
                await writer.drain()

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        kept = [(name, value) for name, value in headers if name.lower() not in ("connection", "accept-encoding")]
        answer = await self._client.request(method, target, headers=kept, content=body)
        written = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
        written += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
        written += ["Connection: close", f"Content-Length: {len(answer.content)}", "", ""]
        return "\r\n".join(written).encode() + answer.content


@contextmanager
def start_moto() -> Iterator[str]:
    """Run moto's server in a process of its own until the context ends; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


@asynccontextmanager
async def serve_aws(moto: str) -> AsyncIterator[AwsServer]:
    """Serve a proxy in front of moto, once that answers."""
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            with suppress(httpx.TransportError):
                await client.get(f"{moto}/moto-api/")
                break
            await asyncio.sleep(0.1)
    server = AwsServer(moto)
    await server.start()
    yield server
    await server.stop()
