"""The OpenAPI document of the served paths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from adapters.http import openapi
from adapters.http.openapi import Api, Operation, Refusal
from adapters.sigil.models import Policy, PolicyResult, ScanStatus, Severity, TeamMember, Threat, Verdict
from adapters.sigil.parameters import LAST_PAGE, MOST_PER_PAGE, PER_PAGE, WAIT_SECONDS
from adapters.sigil.wire import EvaluateBody, Failure, Moment, Numbered, ScanAnswer, ScanBody, ScanShape, Team

API = Api(
    title="Sigil",
    version="1.0.0",
    description="Scans packages for supply-chain attacks.",
    token="An `sk_live_…` key.",  # noqa: S106 - says what it looks like
    refusals={
        401: Refusal(sentence="The key is missing or unknown.", shape=Failure),
        403: Refusal(sentence="The plan does not have it.", shape=Failure),
        404: Refusal(sentence="There is no such scan, or it is another tenant's.", shape=Failure),
        413: Refusal(sentence="The body is too large.", shape=Failure),
        422: Refusal(sentence="Something does not fit; `error` says what.", shape=Failure),
        429: Refusal(sentence="A limit is used up; `Retry-After` says when to come back.", shape=Failure),
    },
    headers={},
)
GUARDED = frozenset({401, 403, 429})

Page = Annotated[int, msgspec.Meta(ge=1, le=LAST_PAGE)]
PerPage = Annotated[int, msgspec.Meta(ge=1, le=MOST_PER_PAGE)]

SCAN = ScanShape(
    id="scan_01K0000000000000000000000",
    status=ScanStatus.COMPLETED,
    target="npm:express@4.18.2",
    created_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
    score=0,
    verdict=Verdict.CLEAN,
    ecosystem="npm",
    package_name="express",
    package_version="4.18.2",
)


class SubmitQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of POST /v1/scans."""

    wait: Annotated[int, msgspec.Meta(ge=0, le=WAIT_SECONDS)] = WAIT_SECONDS


class ScansQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /v1/scans."""

    page: Page = 1
    per_page: PerPage = PER_PAGE
    verdict: Verdict | UnsetType = UNSET
    target: str | UnsetType = UNSET
    since: Moment | UnsetType = msgspec.field(name="from", default=UNSET)
    until: Moment | UnsetType = msgspec.field(name="to", default=UNSET)


class ThreatsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /v1/threats."""

    page: Page = 1
    per_page: PerPage = PER_PAGE
    search: str | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    ecosystem: Literal["npm", "pypi"] | UnsetType = UNSET


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/scans",
        name="submit",
        tag="scans",
        sentence="Scan a package, and wait for the result ten seconds, or as many as `wait` says.",
        query=SubmitQuery,
        body=ScanBody,
        example=ScanBody(target="npm:express@4.18.2"),
        answer=ScanAnswer,
        statuses={201: "The scan, which has ended.", 202: "The scan, which goes on."},
        refusals=GUARDED | {413, 422},
    ),
    Operation(
        method="GET",
        path="/v1/scans",
        name="scans",
        tag="scans",
        sentence="List the tenant's scans.",
        query=ScansQuery,
        answer=Numbered[ScanAnswer],
        statuses={200: "A page of scans, newest first."},
        refusals=GUARDED | {422},
    ),
    Operation(
        method="GET",
        path="/v1/scans/{scan_id}",
        name="scan",
        tag="scans",
        sentence="Tell a scan's state to its tenant.",
        answer=ScanAnswer,
        statuses={200: "The scan."},
        refusals=GUARDED | {404},
    ),
    Operation(
        method="GET",
        path="/v1/threats",
        name="threats",
        tag="threats",
        sentence="List known threats.",
        query=ThreatsQuery,
        answer=Numbered[Threat],
        statuses={200: "A page of threats, newest first."},
        refusals=GUARDED | {422},
    ),
    Operation(
        method="POST",
        path="/v1/policies/evaluate",
        name="evaluate",
        tag="policies",
        sentence="Hold a scan, kept here or given whole, against a policy.",
        body=EvaluateBody,
        example=EvaluateBody(policy=Policy(name="strict", max_score=9), scan=SCAN),
        answer=PolicyResult,
        statuses={200: "Whether it passes, and what it breaks."},
        refusals=GUARDED | {404, 413, 422},
    ),
    Operation(
        method="GET",
        path="/v1/team/members",
        name="team_members",
        tag="team",
        sentence="List the team.",
        answer=Team[TeamMember],
        statuses={200: "The members with their scans."},
        refusals=GUARDED,
    ),
)


def write_document() -> dict[str, Any]:
    """Write the document, of OpenAPI 3.1."""
    return openapi.write_document(API, OPERATIONS)
