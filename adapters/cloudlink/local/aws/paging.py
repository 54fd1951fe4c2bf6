"""Lists of AWS, read to their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.cloudlink.local.aws.trouble import TooMany

MOST_ENTRIES = 50_000


async def every(client: Any, operation: str, entries: str, **arguments: Any) -> list[Mapping[str, Any]]:
    """Read all pages of a list, whose entries are called `entries`; raises TooMany over 50,000."""
    found: list[Mapping[str, Any]] = []
    async for page in client.get_paginator(operation).paginate(**arguments):
        found += page.get(entries) or []
        if len(found) > MOST_ENTRIES:
            raise TooMany(f"{operation} lists more than {MOST_ENTRIES} entries")
    return found


def name_tag(entry: Mapping[str, Any]) -> str | None:
    """Give what a resource is called by its tag Name."""
    return next((str(tag["Value"]) for tag in entry.get("Tags") or [] if tag.get("Key") == "Name"), None)
