"""Settings of what the edge refuses; 0, false or empty switches a limit off where a sentence says so."""

from __future__ import annotations

from pydantic import BaseModel, Field

from gateway.setting_values import Origins, parts_of

KIB = 1024


class SafetySettings(BaseModel):
    """What the edge refuses."""

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
