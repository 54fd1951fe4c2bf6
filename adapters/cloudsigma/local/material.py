"""What one stage of the pipeline hands to the next; each is stored as JSON, so that a stage can be resumed."""

from __future__ import annotations

import msgspec

from adapters.cloudsigma.models import DetectionGap, Ioc, Notice, Platform, Rule, Ttp


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Ingest's result: the readable text of the input, and where it came from."""

    text: str
    title: str | None = None
    source: str | None = None
    notices: tuple[Notice, ...] = ()


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the report is threat intelligence; `score` is between 0 (no) and 1 (yes)."""

    is_threat_intelligence: bool
    score: float
    notices: tuple[Notice, ...] = ()


class Observables(msgspec.Struct, frozen=True, kw_only=True):
    """What a technique's sentences name that a log would show, in order of appearance, without repeats."""

    processes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    registry_keys: tuple[str, ...] = ()
    api_calls: tuple[str, ...] = ()


class TechniqueFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A technique found in the report; `score` is between 0 and 1, `ttp.confidence` its band."""

    ttp: Ttp
    score: float
    observables: Observables = Observables()


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """Extract's result: techniques by falling score, indicators in order of appearance."""

    techniques: tuple[TechniqueFinding, ...] = ()
    iocs: tuple[Ioc, ...] = ()
    notices: tuple[Notice, ...] = ()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A technique that shall get a rule on a platform; `tactics` are all that ATT&CK files it under."""

    finding: TechniqueFinding
    platform: Platform
    tactics: tuple[str, ...] = ()


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Filter's result: what is left to write rules for, and what was left out with its reason."""

    candidates: tuple[Candidate, ...] = ()
    iocs: tuple[Ioc, ...] = ()
    gaps: tuple[DetectionGap, ...] = ()
    notices: tuple[Notice, ...] = ()


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """The rules as they are after generate, validate or convert."""

    rules: tuple[Rule, ...] = ()
    gaps: tuple[DetectionGap, ...] = ()
    notices: tuple[Notice, ...] = ()
