"""Attestations of where a release was built: those that lie, and those that are missing where there had been some."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.sigil.local.material import Attestation
from adapters.sigil.local.phases.judging import BAD
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.history import was_attested
from adapters.sigil.models import Finding

_HABIT = 3


def attestations(case: Case) -> Iterator[Finding]:
    """Find an attestation that is about other bytes than those published."""
    current = case.history.current
    if current is not None and current.attestation is Attestation.INVALID:
        description = "The provenance attestation is about other files than the published one."
        yield case.finding("attestation-invalid", BAD, description)


def attestation_dropped(case: Case) -> bool:
    """Whether a release has no attestation though the last ones of its line had."""
    current = case.history.current
    missing = current is not None and current.attestation is Attestation.MISSING
    return missing and was_attested(case.history.line, _HABIT)
