"""How sure a finding is, in the words that the services share."""

from __future__ import annotations

from enum import StrEnum


class Confidence(StrEnum):
    """How sure a finding is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
