"""What is documented of CloudSigma's API, as the transports take it."""

from __future__ import annotations

from adapters.cloudsigma.decoding import SERVICE
from adapters.http.cache import Freshness
from adapters.http.rate_limit import Limit
from adapters.http.stack import UpstreamPolicy
from adapters.http.upstream import UpstreamCodes

CODES = UpstreamCodes(
    unreachable="PipelineFailed",
    resting="CircuitOpen",
    timeout="PipelineTimeout",
    invalid_payload="PipelineFailed",
    limited="RateLimitExceeded",
)
POLICY = UpstreamPolicy(
    service=SERVICE,
    limits=(Limit("generate", 5, 60.0, "POST", "/v1/generate"), Limit("all", 50, 1.0)),
    fresh=(Freshness("/v1/(executions|usage)", 1.0),),
)
