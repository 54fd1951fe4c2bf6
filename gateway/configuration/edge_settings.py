"""Settings of the edge: its limits, and what is seen of it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class EdgeSettings(BaseModel):
    """How the edge answers."""

    operation_seconds: float = Field(
        15.0,
        gt=0,
        le=300,
        description="How long a query or a mutation may take; what is not there by then is an error, the rest is data.",
    )
    log_format: str = Field(
        "",
        pattern=r"^(json|text)?$",
        description="`json` or `text`; empty: text where the log goes to a terminal, else JSON.",
    )
    metrics: bool = Field(
        True, description="Whether `/metrics` is there for Prometheus; with keys it needs one with the role `metrics`."
    )
    shutdown_seconds: int = Field(
        10, ge=0, le=300, description="How long running requests may take after a stop signal."
    )
