"""The root of mutations."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from resolvers import budgets, cloud_accounts, regressions, rule_generation, scans
from resolvers.context import Info
from resolvers.rule_generation import Asked, Wanted
from schema import cloudlink_mutations
from schema.budgets import BudgetCheck, BudgetResult
from schema.cloud_accounts import ActionResult, CloudScanResult, CredentialResult, WebhookResult
from schema.executions import GenerateRulesInput, GenerateRulesResult
from schema.regressions import DeployResult, DetectResult, RegressionResult
from schema.roles import ADMIN, OPERATOR
from schema.scans import SubmitScanInput, SubmitScanResult
from schema.view import edge


async def generate_rules(
    info: Info,
    input: Annotated[GenerateRulesInput, strawberry.argument(description="What to generate rules from.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    asked = Asked(
        url=input.url,
        cve_id=input.cve_id,
        text=input.text,
        from_scan=input.from_scan,
        from_threat=input.from_threat,
        from_regression=input.from_regression,
    )
    wanted = Wanted(
        platforms=input.platforms,
        siems=input.siems,
        include_ioc_rules=input.include_ioc_rules,
        force=input.force,
    )
    return await rule_generation.generate_rules(info, asked, wanted)


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
        generate_rules, "Start generating rules: answers at once; watch `executionStatus` for the result.", OPERATOR
    )
    submit_scan: SubmitScanResult = edge(
        submit_scan,
        "Scan a package: answers at once, with the result if it is known; watch `scanStatus` for it.",
        OPERATOR,
    )
    record_deploy: DeployResult = edge(
        cloudlink_mutations.record_deploy, "Record a deploy, so that a rise of cost can be told as its doing.", OPERATOR
    )
    ingest_costs: int = edge(
        cloudlink_mutations.ingest_costs,
        "Take hourly costs in, in place of what is known of the same hours; says how many.",
        OPERATOR,
    )
    detect_regressions: DetectResult = edge(
        regressions.detect_regressions,
        "Judge the deploys that are not judged yet, as happens every 30 minutes.",
        OPERATOR,
    )
    acknowledge_regression: RegressionResult = edge(
        regressions.acknowledge_regression, "Take note of an open regression.", OPERATOR
    )
    resolve_regression: RegressionResult = edge(regressions.resolve_regression, "Close a regression.", OPERATOR)
    create_budget: BudgetResult = edge(cloudlink_mutations.create_budget, "Set a budget.", OPERATOR)
    update_budget: BudgetResult = edge(
        cloudlink_mutations.update_budget, "Change a budget; what it covers stays as it is.", OPERATOR
    )
    delete_budget: bool = edge(
        budgets.delete_budget, "Delete a budget with its alerts; false where there is none.", OPERATOR
    )
    check_budgets: BudgetCheck = edge(
        budgets.check_budgets,
        "Hold the month's spend against every budget; each threshold is told once a month.",
        OPERATOR,
    )
    add_credential: CredentialResult = edge(
        cloudlink_mutations.add_credential, "Keep access to a cloud account, encrypted.", ADMIN
    )
    remove_credential: bool = edge(
        cloud_accounts.remove_credential, "Forget access to a cloud account; false where there is none.", ADMIN
    )
    start_cloud_scan: CloudScanResult = edge(
        cloud_accounts.start_cloud_scan,
        "Scan every cloud account: answers at once; watch `scanStatus` for the end.",
        OPERATOR,
    )
    approve_action: ActionResult = edge(cloud_accounts.approve_action, "Let an action be executed.", ADMIN)
    reject_action: ActionResult = edge(cloud_accounts.reject_action, "Turn an action down.", ADMIN)
    register_webhook: WebhookResult = edge(
        cloudlink_mutations.register_webhook, "Have events sent to an address.", ADMIN
    )
    remove_webhook: bool = edge(
        cloud_accounts.remove_webhook, "Send nothing to an address any more; false where there is none.", ADMIN
    )
