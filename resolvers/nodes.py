"""Relay's global ids, and how a node is found by one."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry

from adapters.cloudsigma.models import Execution
from adapters.errors import InvalidInput
from adapters.sigil.models import Scan, Threat
from resolvers.context import Context, Info

MOST_NODES = 100


def global_id(type_name: str, key: str) -> strawberry.ID:
    """Write the id of a node: its type and natural key."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("="))


def type_and_key(identifier: str) -> tuple[str, str] | None:
    """Read a global id back; None for what is not one."""
    try:
        padded = identifier + "=" * (-len(identifier) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    type_name, separator, key = text.partition(":")
    return (type_name, key) if separator else None


async def _execution(context: Context, arn: str) -> Execution | None:
    return await context.loaders.execution_by_arn.load(arn)


async def _package_scan(context: Context, scan_id: str) -> Scan | None:
    return await context.loaders.scan_by_id.load(scan_id)


async def _threat(context: Context, threat_id: str) -> Threat | None:
    return await context.loaders.threat_by_id.load(threat_id)


NODE_BY_TYPE: dict[str, Callable[[Context, str], Awaitable[Any]]] = {
    "Execution": _execution,
    "PackageScan": _package_scan,
    "Threat": _threat,
}


async def node(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]) -> Any:  # noqa: A002 - Relay's name
    """Find a node by its global id; none for an id that names nothing this caller may see."""
    named = type_and_key(id)
    if named is None or named[0] not in NODE_BY_TYPE:
        return None
    type_name, key = named
    return await NODE_BY_TYPE[type_name](info.context, key)


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
) -> list[Any]:
    """Find nodes by their global ids, in that order."""
    if len(ids) > MOST_NODES:
        raise InvalidInput("ValidationError", f"ids has {len(ids)} entries: ask for at most {MOST_NODES}", "ids")
    return list(await asyncio.gather(*(node(info, identifier) for identifier in ids)))
