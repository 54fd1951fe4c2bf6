"""Settings of what the edge refuses; 0, false or empty switches a limit off where a sentence says so."""

from __future__ import annotations

from pydantic import BaseModel, Field

from gateway.configuration.setting_values import Origins, parts_of

KIB = 1024


class SafetySettings(BaseModel):
    """What the edge refuses."""

    operations_per_minute: int = Field(
        600,
        ge=0,
        description="Operations that a caller with a key may begin in a minute, all at once or spread; each of a batch "
        "or a socket counts; 0: no limit.",
    )
    development: bool | None = Field(
        None,
        description="Whether introspection is answered and errors suggest what was meant; "
        "empty: for the local principal alone.",
    )
    max_characters: int = Field(32 * KIB, ge=0, description="Characters of a document; 0: no limit.")
    max_tokens: int = Field(2000, ge=0, le=100_000, description="Tokens of a document; 0: no limit.")
    max_depth: int = Field(12, ge=0, le=100, description="Levels that fields are nested; 0: no limit.")
    max_returns: int = Field(2, ge=0, le=100, description="How often a field may be on one path; 0: no limit.")
    max_repeats: int = Field(
        50, ge=0, description="How often a selection, with its fragments, may hold the same field; 0: no limit."
    )
    max_aliases: int = Field(
        60, ge=0, description="Aliases of an operation, those of a fragment for each use of it; 0: no limit."
    )
    max_root_fields: int = Field(50, ge=0, description="Root fields of an operation; 0: no limit.")
    max_directives: int = Field(
        50, ge=0, description="Directives of an operation, those of a fragment for each use of it; 0: no limit."
    )
    max_cost: int = Field(
        50_000,
        ge=0,
        description="What an operation may cost by `@cost` and `@listSize`, and how many rows its answer may really "
        "have; 0: no limit, it is measured only.",
    )
    tell_cost: bool = Field(True, description="Whether answers tell what they cost, in `extensions.cost`.")
    allowed_origins: Origins = Field(
        "",
        description="Origins of web pages that may call from elsewhere, e.g. `https://app.example.com`, separated by "
        "commas; empty: only pages of the gateway's own origin.",
    )
    csrf_prevention: bool = Field(
        True, description="Whether requests that a foreign web page can send unasked are refused."
    )
    max_body_bytes: int = Field(
        KIB * KIB, ge=KIB, le=64 * KIB * KIB, description="How large a request's body, or a socket's message, may be."
    )
    max_header_bytes: int = Field(
        32 * KIB, ge=4 * KIB, le=KIB * KIB, description="How large a request's URL and headers may be, together."
    )

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may call from elsewhere."""
        return frozenset(parts_of(self.allowed_origins.lower()))
