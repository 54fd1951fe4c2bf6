"""Lambda functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import every
from adapters.cloudlink.local.resources import Listing


class FunctionPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a function."""

    name: str
    runtime: str | None
    memory_mib: int | None


async def look_at_functions(account: SignedIn, region: str) -> Found:
    """List the functions of a region; a function's id is its ARN, as its name is another's in the next region."""
    async with account.client("lambda", region) as functions:
        found = await every(functions, "list_functions", "Functions")
    resources = tuple(_resource(each, region) for each in found)
    return Found(listing=Listing(resource_type="lambda_function", region=region, resources=resources))


def _resource(function: Mapping[str, Any], region: str) -> Resource:
    payload = FunctionPayload(
        name=function["FunctionName"], runtime=function.get("Runtime"), memory_mib=function.get("MemorySize")
    )
    return resource("lambda_function", function["FunctionArn"], region, payload)
