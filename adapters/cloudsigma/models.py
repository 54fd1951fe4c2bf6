"""CloudSigma's wire shapes as typed models; unknown fields are ignored when they are decoded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from adapters.confidence import Confidence

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone: one without can't be compared."""


class ExecutionStatus(StrEnum):
    """What has become of an execution."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class InputType(StrEnum):
    """What an execution was given."""

    URL = "url"
    CVE = "cve"
    TEXT = "text"


class RuleKind(StrEnum):
    """Whether a rule looks for behaviour or for indicators."""

    BEHAVIORAL = "behavioral"
    IOC = "ioc"


class Siem(StrEnum):
    """The query languages that rules are converted to."""

    SPLUNK = "splunk"
    SENTINEL = "sentinel"
    ELASTICSEARCH = "elasticsearch"
    OPENSEARCH = "opensearch"
    CHRONICLE = "chronicle"
    GOOGLE_SECOPS = "google_secops"


class Platform(StrEnum):
    """The log providers that rules are written for."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    WINDOWS_SYSMON = "windows-sysmon"
    WINDOWS_SECURITY = "windows-security"
    WINDOWS_POWERSHELL = "windows-powershell"
    LINUX_AUDITD = "linux-auditd"
    KUBERNETES_AUDIT = "kubernetes-audit"
    OKTA = "okta"
    ENTRA_ID_SIGNIN = "entra-id-signin"
    ENTRA_ID_AUDIT = "entra-id-audit"
    MODSECURITY = "modsecurity"
    AWS_WAF = "aws-waf"


class Stage(StrEnum):
    """The stages of the pipeline, in their order."""

    INGEST = "ingest"
    CLASSIFY = "classify"
    EXTRACT = "extract"
    FILTER = "filter"
    GENERATE = "generate"
    VALIDATE = "validate"
    CONVERT = "convert"


class WireStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all shapes on this wire: camelCase."""


class Notice(WireStruct, frozen=True, kw_only=True):
    """Something the pipeline wants to be known; `severity` is `info` or `warning`."""

    code: str
    message: str
    severity: str = "info"
    technique_id: str | None = None


class Ttp(WireStruct, frozen=True, kw_only=True):
    """An ATT&CK technique found in the input, with the sentence that shows it."""

    technique_id: str
    name: str = ""
    tactic: str = ""
    confidence: Confidence = Confidence.LOW
    evidence: str | None = None

    @property
    def url(self) -> str:
        """The technique's page at MITRE."""
        return f"https://attack.mitre.org/techniques/{self.technique_id.replace('.', '/')}/"


class Ioc(WireStruct, frozen=True, kw_only=True):
    """An indicator of compromise; `context` is the sentence it stood in."""

    type: str
    value: str
    context: str | None = None


class DetectionGap(WireStruct, frozen=True, kw_only=True):
    """A technique for which no rule came out, and why."""

    technique_id: str
    reason: str
    name: str = ""
    platform: Platform | None = None


class Rule(WireStruct, frozen=True, kw_only=True):
    """A Sigma rule: its YAML text in `sigma`, its conversions in `queries` by SIEM."""

    id: str
    title: str = ""
    status: str = "experimental"
    level: str = "medium"
    kind: RuleKind = RuleKind.BEHAVIORAL
    platform: Platform | None = None
    technique_id: str | None = None
    sigma: str = ""
    queries: dict[str, str] = {}


class OutputMetadata(WireStruct, frozen=True, kw_only=True):
    """The figures of a finished execution."""

    input_type: InputType | None = None
    rules_generated: int = 0
    ttps_extracted: int = 0
    platforms_targeted: int = 0
    processing_time_ms: int = 0


class Output(WireStruct, frozen=True, kw_only=True):
    """What a succeeded execution produced."""

    rules: tuple[Rule, ...] = ()
    ttps: tuple[Ttp, ...] = ()
    iocs: tuple[Ioc, ...] = ()
    detection_gaps: tuple[DetectionGap, ...] = ()
    pipeline_notices: tuple[Notice, ...] = ()
    metadata: OutputMetadata = OutputMetadata()


class Execution(WireStruct, frozen=True, kw_only=True):
    """A run of the pipeline as status and list answer it, without its output; `error` is `Code: sentence`."""

    arn: str = msgspec.field(name="executionArn")
    status: ExecutionStatus
    started_at: Moment = msgspec.field(name="startDate")
    stopped_at: Moment | None = msgspec.field(name="stopDate", default=None)
    input_type: InputType | None = None
    stage: Stage | None = None
    progress: float | None = None
    rules_generated: int = 0
    ttps_extracted: int = 0
    platforms_targeted: int | None = None
    processing_time_ms: int | None = None
    error: str | None = msgspec.field(name="errorMessage", default=None)

    @property
    def finished(self) -> bool:
        """Whether the status is terminal."""
        return self.status is not ExecutionStatus.RUNNING

    @property
    def error_code(self) -> str | None:
        """The documented code in front of the error's sentence."""
        return self.error.partition(": ")[0] if self.error else None

    @property
    def error_message(self) -> str | None:
        """The error's sentence."""
        return self.error.partition(": ")[2] or self.error if self.error else None


class Usage(WireStruct, frozen=True, kw_only=True):
    """Rules used in the current period; `limit` -1 means unlimited."""

    used: int
    limit: int
    tier: str
    period_start: Moment


class GenerateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to generate rules from: exactly the one input that `input_type` names, validated before it gets here."""

    input_type: InputType
    url: str | None = None
    cve_id: str | None = None
    text: str | None = None
    platforms: tuple[Platform, ...] = tuple(Platform)
    siems: tuple[Siem, ...] = tuple(Siem)
    include_ioc_rules: bool = True
    force: bool = False
