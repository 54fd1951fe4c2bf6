"""Asking for rules: from a report, or from a scan, a threat or a regression, of which the report is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from adapters.cloudsigma.models import Execution, GenerateRequest, Platform, Siem
from adapters.cloudsigma.validation import GRAPH_FIELDS, validated
from adapters.errors import InvalidInput, Refused
from adapters.finishing import finished
from adapters.origins import Origin, OriginKind
from resolvers.context import Context, Info
from resolvers.nodes import natural_key
from resolvers.origin_reports import report_from
from resolvers.problems import Problem, problem_of


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What rules are asked for from: exactly one of these."""

    url: str | None = None
    cve_id: str | None = None
    text: str | None = None
    from_scan: str | None = None
    from_threat: str | None = None
    from_regression: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules are asked for, and whether also of what is no threat intelligence."""

    platforms: Sequence[Platform] | None
    siems: Sequence[Siem] | None
    include_ioc_rules: bool | None
    force: bool | None


_FIELDS = {"url": "url", "cve_id": "cveId", "text": "text"}
_ORIGINS = {
    "from_scan": ("fromScan", OriginKind.PACKAGE_SCAN, "PackageScan"),
    "from_threat": ("fromThreat", OriginKind.THREAT, "Threat"),
    "from_regression": ("fromRegression", OriginKind.REGRESSION, "Regression"),
}


async def generate_rules(info: Info, asked: Asked, wanted: Wanted) -> Execution | Problem:
    """Start an execution, or say why not."""
    try:
        return await begin_rules(info.context, asked, wanted)
    except Refused as refusal:
        return problem_of(refusal, dict(GRAPH_FIELDS))
    finally:
        info.context.renew_loaders()


async def begin_rules(context: Context, asked: Asked, wanted: Wanted) -> Execution:
    """Start an execution, and remember what it is asked for from; raises `Refused`."""
    origin, text = await _origin_and_text(context, _only_one(asked))
    request = validated(
        url=asked.url,
        cve_id=asked.cve_id,
        text=text,
        platforms=wanted.platforms,
        siems=wanted.siems,
        include_ioc_rules=wanted.include_ioc_rules,
        force=wanted.force or origin is not None,  # what scans and threats tell is threat intelligence
    )
    return await finished(_generate(context, request, origin))


async def _generate(context: Context, request: GenerateRequest, origin: Origin | None) -> Execution:
    execution = await context.services.cloudsigma.generate(context.principal, request)
    if origin is not None:
        await context.services.origins.record(context.principal, execution.arn, origin)
    return execution


async def _origin_and_text(context: Context, given: tuple[str, str]) -> tuple[Origin | None, str | None]:
    name, value = given
    if name not in _ORIGINS:
        return None, value if name == "text" else None
    field, kind, type_name = _ORIGINS[name]
    origin = Origin(kind, natural_key(type_name, value))
    try:
        return origin, await report_from(context, origin)
    except InvalidInput as refusal:
        raise InvalidInput(refusal.code, refusal.message, field) from None


def _only_one(asked: Asked) -> tuple[str, str]:
    """Give the one that is asked for, by name; raises InvalidInput."""
    named: Mapping[str, str | None] = msgspec.structs.asdict(asked)
    given = [(name, value) for name, value in named.items() if value is not None]
    if len(given) == 1:
        return given[0]
    fields = _FIELDS | {name: field for name, (field, _, _) in _ORIGINS.items()}
    were = f"{' and '.join(fields[name] for name, _ in given)} were given" if given else "none was given"
    raise InvalidInput("ValidationError", f"Give exactly one of {', '.join(fields.values())}: {were}")
