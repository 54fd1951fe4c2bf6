"""Stage filter: which techniques get a rule on which platform, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge, Technique
from adapters.cloudsigma.local.detections.catalogue import Catalogue
from adapters.cloudsigma.local.material import Candidate, Extraction, Observables, Selection, TechniqueFinding
from adapters.cloudsigma.models import DetectionGap, Notice, Platform
from adapters.confidence import Confidence

_MOST_NOTICES = 30
_ATTACK_PLATFORMS: dict[Platform, frozenset[str]] = {
    Platform.AWS: frozenset({"IaaS"}),
    Platform.GCP: frozenset({"IaaS"}),
    Platform.AZURE: frozenset({"IaaS"}),
    Platform.WINDOWS_SYSMON: frozenset({"Windows"}),
    Platform.WINDOWS_SECURITY: frozenset({"Windows"}),
    Platform.WINDOWS_POWERSHELL: frozenset({"Windows"}),
    Platform.LINUX_AUDITD: frozenset({"Linux"}),
    Platform.KUBERNETES_AUDIT: frozenset({"Containers"}),
    Platform.OKTA: frozenset({"Identity Provider", "SaaS"}),
    Platform.ENTRA_ID_SIGNIN: frozenset({"Identity Provider", "SaaS", "Office Suite"}),
    Platform.ENTRA_ID_AUDIT: frozenset({"Identity Provider", "SaaS", "Office Suite"}),
    Platform.MODSECURITY: frozenset({"Windows", "Linux", "Containers", "PRE"}),
    Platform.AWS_WAF: frozenset({"Windows", "Linux", "Containers", "IaaS", "PRE"}),
}
_HOST_PLATFORMS = frozenset({"Windows", "Linux", "macOS", "ESXi", "Network Devices"})
_HOST_LOGS = frozenset(
    {Platform.WINDOWS_SYSMON, Platform.WINDOWS_SECURITY, Platform.WINDOWS_POWERSHELL, Platform.LINUX_AUDITD}
)
_HOST_LEVEL = "HostLevelTechnique"
_NOTHING_OBSERVABLE = "NothingObservable"
_REASONS = {
    _HOST_LEVEL: "Happens on hosts, which these platforms do not log",
    _NOTHING_OBSERVABLE: "Leaves nothing that these platforms' logs would show",
}

_LeftOut = dict[tuple[str, tuple[Platform, ...]], list[TechniqueFinding]]
"""Findings by why they were left out and on which platforms."""


def select(
    extraction: Extraction, platforms: Sequence[Platform], knowledge: AttackKnowledge, catalogue: Catalogue
) -> Selection:
    """Choose technique by technique; what is left out gets a notice, and a gap if no platform remains.

    Low confidence is left out unless the technique's sentences name something that a log would show.
    """
    candidates: list[Candidate] = []
    gaps: list[DetectionGap] = []
    notices: list[Notice] = []
    left_out: _LeftOut = {}
    for finding in extraction.techniques:
        technique = knowledge.technique(finding.ttp.technique_id)
        refusal = _refusal(finding, technique)
        if refusal or not technique:
            notices += refusal
            gaps += [_gap(finding, notice.message) for notice in refusal]
            continue
        chosen, without = _by_platform(finding, technique, platforms, catalogue)
        candidates += chosen
        for code, names in without.items():
            left_out.setdefault((code, tuple(names)), []).append(finding)
        if not chosen:
            gaps.append(_gap(finding, " ".join(_why(code, names) for code, names in without.items())))
    notices += [_left_out(code, names, findings) for (code, names), findings in left_out.items()]
    return Selection(candidates=tuple(candidates), iocs=extraction.iocs, gaps=tuple(gaps), notices=_bounded(notices))


def _refusal(finding: TechniqueFinding, technique: Technique | None) -> list[Notice]:
    ttp = finding.ttp
    if technique is None:
        message = f"{ttp.technique_id} is no technique that ATT&CK knows."
        return [Notice(code="UnknownTechnique", message=message, severity="warning", technique_id=ttp.technique_id)]
    if ttp.confidence is Confidence.LOW and finding.observables == Observables():
        message = (
            f"{_called(finding)} was found with low confidence ({finding.score:.2f}) and nothing concrete beside it."
        )
        return [Notice(code="LowConfidence", message=message, technique_id=ttp.technique_id)]
    return []


def _by_platform(
    finding: TechniqueFinding, technique: Technique, platforms: Sequence[Platform], catalogue: Catalogue
) -> tuple[list[Candidate], dict[str, list[Platform]]]:
    chosen: list[Candidate] = []
    left_out: dict[str, list[Platform]] = {}
    for platform in dict.fromkeys(platforms):
        code = _why_not(finding.ttp.technique_id, technique, platform, catalogue)
        if code:
            left_out.setdefault(code, []).append(platform)
        else:
            chosen.append(Candidate(finding=finding, platform=platform, tactics=technique.tactics))
    return chosen, left_out


def _why_not(technique_id: str, technique: Technique, platform: Platform, catalogue: Catalogue) -> str | None:
    """Trust a detection written for the technique; its parent's only where ATT&CK sees the technique at all."""
    detection = catalogue.find(technique_id, platform)
    at_home = not _ATTACK_PLATFORMS[platform].isdisjoint(technique.platforms)
    if detection and (at_home or detection.is_for(technique_id)):
        return None
    on_hosts_only = not _HOST_PLATFORMS.isdisjoint(technique.platforms) and not at_home
    return _HOST_LEVEL if on_hosts_only and platform not in _HOST_LOGS else _NOTHING_OBSERVABLE


def _why(code: str, platforms: Sequence[Platform]) -> str:
    return f"{_REASONS[code]}: {', '.join(platforms)}."


def _left_out(code: str, platforms: Sequence[Platform], findings: Sequence[TechniqueFinding]) -> Notice:
    """Tell in one notice of all techniques that were left out for the same reason on the same platforms."""
    if len(findings) == 1:
        message = f"{_called(findings[0])}: {_why(code, platforms)}"
        return Notice(code=code, message=message, technique_id=findings[0].ttp.technique_id)
    names = ", ".join(finding.ttp.technique_id for finding in findings)
    return Notice(code=code, message=f"{len(findings)} techniques ({names}): {_why(code, platforms)}")


def _gap(finding: TechniqueFinding, reason: str) -> DetectionGap:
    return DetectionGap(technique_id=finding.ttp.technique_id, name=finding.ttp.name, reason=reason)


def _called(finding: TechniqueFinding) -> str:
    return f"{finding.ttp.technique_id} {finding.ttp.name}".strip()


def _bounded(notices: list[Notice]) -> tuple[Notice, ...]:
    if len(notices) <= _MOST_NOTICES:
        return tuple(notices)
    rest = Notice(
        code="MoreFiltered",
        message=f"{len(notices) - _MOST_NOTICES} more notices tell of techniques left out likewise.",
    )
    return (*notices[:_MOST_NOTICES], rest)
