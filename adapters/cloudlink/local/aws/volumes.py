"""EBS volumes, and which of them are attached to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import every, name_tag
from adapters.cloudlink.local.resources import Listing


class VolumePayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a volume."""

    name: str | None
    volume_type: str | None
    size_gib: int | None
    issues: tuple[str, ...]


async def look_at_volumes(account: SignedIn, region: str) -> Found:
    """List the volumes of a region."""
    async with account.client("ec2", region) as ec2:
        volumes = await every(ec2, "describe_volumes", "Volumes")
    resources = tuple(_resource(each, region) for each in volumes)
    return Found(listing=Listing(resource_type="ebs_volume", region=region, resources=resources))


def _resource(volume: Mapping[str, Any], region: str) -> Resource:
    payload = VolumePayload(
        name=name_tag(volume),
        volume_type=volume.get("VolumeType"),
        size_gib=volume.get("Size"),
        issues=("unattached",) if volume.get("State") == "available" else (),
    )
    return resource("ebs_volume", volume["VolumeId"], region, payload)
