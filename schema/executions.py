"""Executions of CloudSigma, and what they produce."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from adapters import paging
from adapters.cloudsigma import models
from adapters.cloudsigma.models import (
    ExecutionStatus,
    InputType,
    Platform,
    RuleKind,
    Siem,
    Stage,
)
from adapters.confidence import Confidence
from adapters.events import watching
from resolvers import executions, origins, scans
from resolvers.cursor import Cursor
from schema.node import Conflict, InvalidInput, LimitExceeded, Node, NotAllowed, NotFound, PageInfo
from schema.regressions import Regression
from schema.scans import PackageScan, Threat
from schema.view import edge, plain, view


@view(executions.SiemQuery, "A rule in a SIEM's own language.")
class SiemQuery:
    """A rule in a SIEM's own language."""

    siem: Siem = plain("Whose language it is.")
    query: str = plain("The query.")


@view(models.Rule, "A Sigma rule.")
class Rule:
    """A Sigma rule."""

    id: strawberry.ID = plain("The rule's UUID, made from its content.")
    title: str = plain("What the rule detects.")
    status: str = plain("How mature it is, in Sigma's words.")
    level: str = plain("How grave a match is, in Sigma's words.")
    kind: RuleKind = plain("Whether it looks for behaviour or indicators.")
    platform: Platform | None = plain("The log provider it is written for.")
    technique: Annotated[Ttp, strawberry.lazy("schema.executions")] | None = edge(
        executions.technique_of_rule, "The technique it was written for; none for a rule on indicators."
    )
    sigma: str = plain("The rule as YAML.")
    queries: list[SiemQuery] = edge(
        executions.queries_of_rule, "Its conversions; a SIEM that can't express it has none."
    )


@view(models.Ttp, "A technique of ATT&CK that was found in the input.")
class Ttp:
    """A technique of ATT&CK that was found in the input."""

    technique_id: str = plain("ATT&CK's id, e.g. `T1059.001`.")
    name: str = plain("ATT&CK's name.")
    tactic: str = plain("The tactic it serves, by ATT&CK's short name.")
    confidence: Confidence = plain("How sure the finding is.")
    evidence: str | None = plain("The sentence that shows it.")
    url: str = plain("Its page at MITRE.")
    rules: list[Rule] = edge(executions.rules_of_ttp, "The rules that were written for it.")


@view(models.Ioc, "An indicator of compromise.")
class Ioc:
    """An indicator of compromise."""

    type: str = plain("What it is, e.g. `domain` or `sha256`.")
    value: str = plain("The indicator, not defanged.")
    context: str | None = plain("The sentence it stood in.")
    threats: list[Threat] = edge(scans.threats_of_indicator, "The newest known threats that name it, at most twenty.")


@view(models.DetectionGap, "A technique that got no rule.")
class DetectionGap:
    """A technique that got no rule."""

    technique_id: str = plain("ATT&CK's id.")
    name: str = plain("ATT&CK's name.")
    platform: Platform | None = plain("Where the gap is; none for everywhere.")
    reason: str = plain("Why there is no rule.")


@view(models.Notice, "Something that the pipeline wants known.")
class PipelineNotice:
    """Something that the pipeline wants known."""

    code: str = plain("What it is about.")
    severity: str = plain("`info` or `warning`.")
    message: str = plain("The notice.")
    technique_id: str | None = plain("The technique it is about.")


@view(models.Usage, "How much of a month's rules is used.")
class Usage:
    """How much of a month's rules is used."""

    used: int = plain("Rules generated in this period.")
    limit: int | None = edge(executions.usage_limit, "Rules allowed in this period; none where there is no limit.")
    tier: str = plain("The plan that sets the limit.")
    period_start: datetime = plain("When the period began.")


ExecutionOrigin = Annotated[
    PackageScan | Threat | Regression,
    strawberry.union("ExecutionOrigin", description="What rules were asked for from."),
]


@view(models.Execution, "A run of the pipeline from threat intelligence to rules.")
class Execution(Node):
    """A run of the pipeline from threat intelligence to rules."""

    id: strawberry.ID = edge(executions.execution_id, "The global id, for `node`.")
    arn: str = plain("The service's own id.")
    status: ExecutionStatus = plain("What has become of it.")
    input_type: InputType | None = plain("What it was given.")
    started_at: datetime = plain("When it was asked for.")
    stopped_at: datetime | None = plain("When it ended.")
    stage: Stage | None = plain("The stage it is at, or ended at.")
    progress: float | None = plain("How far it is, from 0 to 1.")
    error_code: str | None = plain("Why it failed, as a code.")
    error_message: str | None = plain("Why it failed, as a sentence.")
    rules_generated: int = plain("How many rules it produced.")
    ttps_extracted: int = plain("How many techniques it found.")
    platforms_targeted: int | None = plain("How many platforms it wrote rules for.")
    processing_time_ms: int | None = plain("How long it worked, in milliseconds.")
    rules: list[Rule] = edge(executions.rules_of_execution, "The rules; empty until it has succeeded.")
    ttps: list[Ttp] = edge(executions.ttps_of_execution, "The techniques; empty until it has succeeded.")
    iocs: list[Ioc] = edge(executions.iocs_of_execution, "The indicators; empty until it has succeeded.")
    detection_gaps: list[DetectionGap] = edge(executions.gaps_of_execution, "The techniques that got no rule.")
    notices: list[PipelineNotice] = edge(executions.notices_of_execution, "What the pipeline wants known.")
    origin: ExecutionOrigin | None = edge(
        origins.origin_of_execution,
        "What these rules were asked for: a package scan, a threat, a regression, or nothing.",
    )


@view(paging.Edge, "An execution and where it stands.")
class ExecutionEdge:
    """An execution and where it stands."""

    node: Execution = plain("The execution.")
    cursor: str = plain("Where it stands, for `after` and `before`.")


@view(paging.Page, "A page of executions, newest first.")
class ExecutionConnection:
    """A page of executions, newest first."""

    edges: list[ExecutionEdge] = plain("The executions, with cursors.")
    nodes: list[Execution] = plain("The executions.")
    page_info: PageInfo = plain("What lies around them.")
    total_count: int | None = plain("How many there are in all.")


@view(watching.Observation, "A state of an execution, pushed.")
class ExecutionEvent:
    """A state of an execution, pushed."""

    cursor: Cursor = plain("Hand it back as `after` to miss nothing.")
    at: datetime = plain("When the state was reached.")
    execution: Execution = plain("The execution as it is now.", source="state")
    previous_status: ExecutionStatus | None = edge(
        executions.previous_status, "The status that this stream told before."
    )


@strawberry.input(
    description="What to generate rules from: exactly one of url, cveId, text, fromScan, fromThreat and fromRegression."
)
class GenerateRulesInput:
    """What to generate rules from."""

    url: str | None = strawberry.field(default=None, description="The address of a page or PDF, at most 5 MB.")
    cve_id: str | None = strawberry.field(default=None, description="A CVE id, e.g. `CVE-2024-3094`.")
    text: str | None = strawberry.field(default=None, description="The report itself, at most 50,000 characters.")
    from_scan: strawberry.ID | None = strawberry.field(
        default=None, description="A completed package scan, by its own or its global id: what it found is the report."
    )
    from_threat: strawberry.ID | None = strawberry.field(
        default=None, description="A known threat, by its own or its global id, with the caller's scans of it."
    )
    from_regression: strawberry.ID | None = strawberry.field(
        default=None,
        description="A regression, by its own or its global id: what is known of the packages that its deploy shipped.",
    )
    platforms: list[Platform] | None = strawberry.field(
        default=None, description="For which platforms; all if left out."
    )
    siems: list[Siem] | None = strawberry.field(default=None, description="For which SIEMs; all if left out.")
    include_ioc_rules: bool | None = strawberry.field(default=True, description="Whether indicators get rules too.")
    force: bool | None = strawberry.field(
        default=False,
        description="Go on even if it is no threat intelligence; what is made from scans, threats and regressions is.",
    )


GenerateRulesResult = Annotated[
    Execution | InvalidInput | LimitExceeded | NotAllowed | NotFound | Conflict,
    strawberry.union("GenerateRulesResult", description="The execution, RUNNING, or why there is none."),
]
