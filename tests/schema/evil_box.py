"""A package that is known to be malicious."""

from __future__ import annotations

from adapters.sigil.models import Severity, Threat

EVIL = Threat(
    id="MAL-1",
    package_name="evil-box",
    ecosystem="npm",
    threat_type="malicious_package",
    severity=Severity.CRITICAL,
    description="It steals credentials.",
    source="tests",
    versions=("6.6.6",),
    indicators=("evil-collector.top",),
)
