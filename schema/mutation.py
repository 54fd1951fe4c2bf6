"""The root of mutations."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from resolvers import executions, scans
from resolvers.context import Info
from schema.executions import GenerateRulesInput, GenerateRulesResult
from schema.scans import SubmitScanInput, SubmitScanResult
from schema.view import edge


async def generate_rules(
    info: Info,
    input: Annotated[GenerateRulesInput, strawberry.argument(description="What to generate rules from.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    return await executions.generate_rules(
        info,
        url=input.url,
        cve_id=input.cve_id,
        text=input.text,
        platforms=input.platforms,
        siems=input.siems,
        include_ioc_rules=input.include_ioc_rules,
        force=input.force,
    )


async def submit_scan(
    info: Info,
    input: Annotated[SubmitScanInput, strawberry.argument(description="What to scan.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    return await scans.submit_scan(info, target=input.target, policy=input.policy, force=input.force)


@strawberry.type(description="What can be changed.")
class Mutation:
    """What can be changed."""

    generate_rules: GenerateRulesResult = edge(
        generate_rules, "Start generating rules: answers at once; watch `executionStatus` for the result."
    )
    submit_scan: SubmitScanResult = edge(
        submit_scan, "Scan a package: answers at once, with the result if it is known; watch `scanStatus` for it."
    )
