"""Settings of what a request over HTTP may hold, and of documents that are known by a name."""

from __future__ import annotations

from pydantic import BaseModel, Field

from gateway.configuration.setting_values import ExistingFile

KIB = 1024


class HttpSettings(BaseModel):
    """Batches, persisted queries and trusted documents."""

    batch_operations: int = Field(
        10, ge=1, le=100, description="How many operations one request may hold, as a JSON array; 1: no batches."
    )
    persisted_query_bytes: int = Field(
        4 * KIB * KIB,
        ge=0,
        le=KIB * KIB * KIB,
        description="Memory for the texts of automatic persisted queries, the least recently used of which go first; "
        "0: none.",
    )
    trusted_documents: ExistingFile = Field(
        None,
        description="Manifest of documents that clients name instead of sending: `{ID: TEXT}`, as Relay's compiler "
        "writes it, or Apollo's.",
    )
    only_trusted_documents: bool = Field(
        False, description="Whether no other documents than those of the manifest are executed."
    )
