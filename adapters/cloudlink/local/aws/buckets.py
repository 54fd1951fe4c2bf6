"""S3 buckets of all regions: public access, encryption and versions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import every
from adapters.cloudlink.local.aws.trouble import Trouble, code_of, trouble_of
from adapters.cloudlink.local.resources import Listing

BUCKETS_AT_ONCE = 8
BUCKETS_A_PAGE = 1000
FIRST_REGION = "us-east-1"
OLD_NAMES = {"": FIRST_REGION, "EU": "eu-west-1"}
"""What S3 calls the oldest regions."""
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class BucketPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a bucket."""

    name: str
    issues: tuple[str, ...]


class _Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of a bucket: where it lies and what it is, or why nothing more is known."""

    name: str
    region: str = FIRST_REGION
    resource: Resource | None = None
    trouble: Trouble | None = None


async def look_at_buckets(account: SignedIn, region: str) -> Found:
    """List the account's buckets, wherever they lie, asking in a region; those that can't be read stay as they were."""
    turns = asyncio.Semaphore(BUCKETS_AT_ONCE)
    async with account.client("s3", region) as s3:
        buckets = await every(s3, "list_buckets", "Buckets", PaginationConfig={"PageSize": BUCKETS_A_PAGE})
        located = await asyncio.gather(*(_locate(s3, turns, region, bucket) for bucket in buckets))
    lying: dict[str, list[str]] = {}
    for bucket in located:
        if bucket.trouble is None:
            lying.setdefault(bucket.region, []).append(bucket.name)
    read = [bucket for bucket in located if bucket.trouble is not None]
    for some in await asyncio.gather(*(_read_all(account, turns, *place) for place in lying.items())):
        read += some
    return Found(
        listing=Listing(
            resource_type="s3_bucket",
            resources=tuple(bucket.resource for bucket in read if bucket.resource is not None),
            unread=tuple(bucket.name for bucket in read if bucket.resource is None),
        ),
        troubles=tuple(dict.fromkeys(bucket.trouble for bucket in read if bucket.trouble is not None)),
    )


async def _locate(s3: Any, turns: asyncio.Semaphore, region: str, bucket: Mapping[str, Any]) -> _Bucket:
    """Say where a bucket lies; older addresses of S3 do not list it."""
    name, place = str(bucket["Name"]), bucket.get("BucketRegion")
    if place is None:
        try:
            async with turns:
                place = (await s3.get_bucket_location(Bucket=name)).get("LocationConstraint") or ""
        except Exception as error:  # noqa: BLE001 - the other buckets are read all the same
            return _Bucket(name=name, trouble=trouble_of(error, region, "GetBucketLocation"))
    return _Bucket(name=name, region=OLD_NAMES.get(place, place))


async def _read_all(account: SignedIn, turns: asyncio.Semaphore, region: str, names: Sequence[str]) -> list[_Bucket]:
    async with account.client("s3", region) as s3:
        return await asyncio.gather(*(_read(s3, turns, region, name) for name in names))


async def _read(s3: Any, turns: asyncio.Semaphore, region: str, name: str) -> _Bucket:
    try:
        async with turns:
            issues = tuple([issue async for issue in _issues(s3, name)])
    except Exception as error:  # noqa: BLE001 - the other buckets are read all the same
        return _Bucket(name=name, region=region, trouble=trouble_of(error, region, "GetBucket"))
    payload = BucketPayload(name=name, issues=issues)
    return _Bucket(name=name, region=region, resource=resource("s3_bucket", name, region, payload))


async def _issues(s3: Any, name: str) -> AsyncIterator[str]:
    blocked = await _unless(s3.get_public_access_block(Bucket=name), "NoSuchPublicAccessBlockConfiguration")
    if blocked is None:
        yield "no_public_access_block"
    elif not all(blocked["PublicAccessBlockConfiguration"].get(block) for block in BLOCKS):
        yield "public_access_not_fully_blocked"
    encrypted = s3.get_bucket_encryption(Bucket=name)
    if await _unless(encrypted, "ServerSideEncryptionConfigurationNotFoundError") is None:
        yield "no_encryption"
    if (await s3.get_bucket_versioning(Bucket=name)).get("Status") != "Enabled":
        yield "versioning_disabled"


async def _unless(answer: Any, missing: str) -> Mapping[str, Any] | None:
    """Wait for an answer; None where the error says that there is nothing to answer with."""
    try:
        found: Mapping[str, Any] = await answer
    except ClientError as error:
        if code_of(error) == missing:
            return None
        raise
    return found
