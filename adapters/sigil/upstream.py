"""What is documented of Sigil's API, as the transports take it."""

from __future__ import annotations

from adapters.http.cache import Freshness
from adapters.http.rate_limit import Limit
from adapters.http.stack import UpstreamPolicy
from adapters.sigil.decoding import SERVICE

POLICY = UpstreamPolicy(
    service=SERVICE,
    limits=(Limit("all", 100, 60.0),),
    fresh=(
        Freshness("/v1/scans", 1.0),
        Freshness("/v1/threats", 60.0),
        Freshness("/v1/team/members", 10.0),
    ),
    questions="/v1/policies/evaluate",
)
"""The limit is the plan Pro's."""
