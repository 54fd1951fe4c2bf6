"""What is documented of CloudLink's API, as the transports take it."""

from __future__ import annotations

from adapters.cloudlink.decoding import SERVICE
from adapters.http.rate_limit import Limit
from adapters.http.stack import UpstreamPolicy

POLICY = UpstreamPolicy(
    service=SERVICE,
    limits=(
        Limit("scan", 5, 60.0, "POST", "/scan"),
        Limit("regression_run", 5, 60.0, "POST", "/regression/run"),
        Limit("all", 60, 60.0),
    ),
    questions="/cost-estimate",
)
"""Reads are kept by `shared_reads`, which webhooks empty."""
