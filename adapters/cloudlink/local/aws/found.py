"""What a look at a part of an account came to."""

from __future__ import annotations

import msgspec

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.trouble import Trouble
from adapters.cloudlink.local.costs import HourlyCost
from adapters.cloudlink.local.findings import Proposal
from adapters.cloudlink.local.resources import Listing

PROVIDER = "aws"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A listing, what is proposed for its resources, hourly costs, and the calls that failed on the way."""

    listing: Listing | None = None
    proposals: tuple[Proposal, ...] = ()
    costs: tuple[HourlyCost, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def resource(resource_type: str, resource_id: str, region: str | None, payload: msgspec.Struct) -> Resource:
    """Make a resource of AWS of what is known of it."""
    return Resource(
        resource_id=resource_id,
        resource_type=resource_type,
        provider=PROVIDER,
        region=region,
        payload=msgspec.to_builtins(payload),
    )
