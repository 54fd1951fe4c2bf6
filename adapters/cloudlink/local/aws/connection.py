"""Connections to AWS, signed in by a role or by keys."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError

from adapters.cloudlink.local.credential_input import Secret

CONNECT_SECONDS = 10
READ_SECONDS = 30
ATTEMPTS = 3
CONNECTIONS = 20
REGIONS_ASKED = 3
"""In so many regions is asked, one after the other, what any of them can answer."""
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
TALKATIVE = ("botocore", "aiobotocore")
"""Loggers that write down whole answers when they debug, the keys of a session among them."""
SERVICES = ("sts", "ec2", "cloudwatch", "rds", "lambda", "s3", "ce")


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What requests are signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """An account that lets us in."""

    aws: Aws
    account_id: str
    keys: Keys

    def client(self, service: str, region: str) -> AbstractAsyncContextManager[Any]:
        """Open a client of a service in a region."""
        return self.aws.client(service, region, self.keys)


class Aws:
    """Opens clients; `endpoint_url` stands in for all of AWS's addresses if it is not empty."""

    def __init__(self, endpoint_url: str = "") -> None:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.INFO)
        self._endpoint_url = endpoint_url or None
        self._session = AioSession()
        self._loaded: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._config = AioConfig(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
            s3={"addressing_style": "path"} if endpoint_url else None,
        )

    @asynccontextmanager
    async def client(self, service: str, region: str, keys: Keys | None) -> AsyncIterator[Any]:
        """Open a client; without keys it is signed in as this machine is.

        That takes up to 30 ms of the event loop, so clients are opened one at a time, with turns for others in between.
        """
        signing = (
            {
                "aws_access_key_id": keys.access_key_id,
                "aws_secret_access_key": keys.secret_access_key,
                "aws_session_token": keys.session_token,
            }
            if keys
            else {}
        )
        opening = self._session.create_client(
            service, region_name=region, endpoint_url=self._endpoint_url, config=self._config, **signing
        )
        async with AsyncExitStack() as stack:
            async with self._opening:
                await asyncio.sleep(0)
                client = await stack.enter_async_context(opening)
            yield client

    async def sign_in(self, tenant: str, secret: Secret, regions: Sequence[str]) -> SignedIn:
        """Sign in with a tenant's secret, in the first of the regions that permits it; raises what the last one said.

        A role is assumed in a session of the tenant's name, so that its trust policy can tell tenants apart.
        """
        await self._load()
        *earlier, last = regions[:REGIONS_ASKED]
        for region in earlier:
            try:
                return await self._sign_in(tenant, secret, region)
            except (BotoCoreError, ClientError, OSError):
                continue
        return await self._sign_in(tenant, secret, last)

    async def _sign_in(self, tenant: str, secret: Secret, region: str) -> SignedIn:
        if secret.role_arn is not None:
            return await self._assume(tenant, secret.role_arn, secret.external_id, region)
        keys = Keys(access_key_id=secret.access_key_id or "", secret_access_key=secret.secret_access_key or "")
        async with self.client("sts", region, keys) as sts:
            identity = await sts.get_caller_identity()
        return SignedIn(aws=self, account_id=identity["Account"], keys=keys)

    async def _assume(self, tenant: str, role_arn: str, external_id: str | None, region: str) -> SignedIn:
        condition = {"ExternalId": external_id} if external_id else {}
        async with self.client("sts", region, None) as sts:
            given = await sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name(tenant), **condition)
        keys = Keys(
            access_key_id=given["Credentials"]["AccessKeyId"],
            secret_access_key=given["Credentials"]["SecretAccessKey"],
            session_token=given["Credentials"]["SessionToken"],
        )
        return SignedIn(aws=self, account_id=role_arn.split(":")[4], keys=keys)

    async def _load(self) -> None:
        """Read the services' descriptions once, off the event loop: that of EC2 alone takes a third of a second."""
        if self._loaded is None:
            self._loaded = asyncio.create_task(asyncio.to_thread(partial(asyncio.run, self._open_all())))
        await asyncio.shield(self._loaded)

    async def _open_all(self) -> None:
        unused = Keys(access_key_id="none", secret_access_key="none")  # noqa: S106 - no request is made
        for service in SERVICES:
            async with self.client(service, "us-east-1", unused):
                pass


def session_name(tenant: str) -> str:
    """Name a tenant's sessions: no two tenants share one, and no tenant chooses it."""
    name = f"trigraph-{tenant}"
    return name if SESSION_NAME.fullmatch(name) else f"trigraph@{hashlib.sha256(tenant.encode()).hexdigest()[:32]}"
