"""Rules that are asked for from a scan, a threat or a regression, and the way back to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.cloudsigma.models import Ioc, Output
from adapters.cloudsigma.validation import validated
from adapters.confidence import Confidence
from adapters.principal import Principal
from adapters.sigil.models import Finding, Phase, PhaseName, Severity, Verdict
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.doubles.memory_sigil import MemorySigil
from tests.graph_client import GraphClient, events
from tests.running import new_principal
from tests.schema.asking_cloudlink import deployed, regressed
from tests.schema.conftest import ClientFor, DoubledGraph, serving
from tests.schema.evil_box import EVIL
from tests.schema.test_executions import STATUS
from tests.schema.test_scans import scanned

GENERATE = """
mutation Generate($input: GenerateRulesInput!) {
  generateRules(input: $input) {
    __typename
    ... on Execution {
      arn inputType
      origin {
        __typename
        ... on PackageScan { scanId executions { arn } }
        ... on Threat { packageName executions { arn } }
        ... on Regression { regressionId executions { arn } }
      }
    }
    ... on Problem { code message }
    ... on InvalidInput { field }
  }
}
"""
FROM_SCAN = "query($id: String!) { packageScan(scanId: $id) { id executions { arn origin { __typename } } } }"
UNKNOWN = "scan_00000000000000000000000000"
THEFT = Finding(
    rule="theft",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    file="setup.js",
    description="The package sends secrets away.",
)


async def generated(client: GraphClient, **given: Any) -> dict[str, Any]:
    """Ask for rules, and give what is answered."""
    wanted = {"platforms": ["WINDOWS_POWERSHELL"], "siems": ["SPLUNK"], **given}
    answer: dict[str, Any] = (await client.execute(GENERATE, input=wanted))["generateRules"]
    return answer


async def test_a_scan_leads_to_the_rules_that_would_catch_it(client: GraphClient) -> None:
    """What it found is the report, rules come of it, and each leads to the other; an id of either kind will do."""
    scan_id = await scanned(client, "npm:evil-box@6.6.6")
    answer = await generated(client, fromScan=scan_id)
    assert answer["inputType"] == "TEXT"
    assert answer["origin"] == {
        "__typename": "PackageScan",
        "scanId": scan_id,
        "executions": [{"arn": answer["arn"]}],
    }
    last = (await events(client, STATUS, arn=answer["arn"]))[-1]["executionStatus"]["execution"]
    assert last["status"] == "SUCCEEDED"
    assert last["rules"]
    scan = (await client.execute(FROM_SCAN, id=scan_id))["packageScan"]
    again = await generated(client, fromScan=scan["id"], force=True)
    scan = (await client.execute(FROM_SCAN, id=scan_id))["packageScan"]
    assert {execution["arn"] for execution in scan["executions"]} == {answer["arn"], again["arn"]}
    assert scan["executions"][0]["origin"] == {"__typename": "PackageScan"}


async def test_an_execution_is_not_shown_to_colleagues(
    client: GraphClient, client_for: ClientFor, principal: Principal
) -> None:
    """A scan is its tenant's, an execution its caller's: who may not see that, sees none."""
    scan_id = await scanned(client, "npm:evil-box@6.6.6")
    answer = await generated(client, fromScan=scan_id)
    colleague = client_for(msgspec.structs.replace(principal, id="colleague", name="colleague"))
    assert (await colleague.execute(FROM_SCAN, id=scan_id))["packageScan"]["executions"] == []
    theirs = await generated(colleague, fromScan=scan_id, force=True)
    assert theirs["origin"]["executions"] == [{"arn": theirs["arn"]}]
    mine = (await client.execute(FROM_SCAN, id=scan_id))["packageScan"]["executions"]
    assert [execution["arn"] for execution in mine] == [answer["arn"]]


async def test_a_scan_of_another_tenants_is_not_found(client: GraphClient, client_for: ClientFor) -> None:
    """As one that does not exist."""
    scan_id = await scanned(client, "npm:evil-box@6.6.6")
    stranger = client_for(new_principal())
    for unknown in (scan_id, UNKNOWN):
        answer = await generated(stranger, fromScan=unknown)
        assert (answer["__typename"], answer["code"]) == ("NotFound", "NotFound")
        assert unknown in answer["message"]


async def test_a_scan_that_found_nothing_makes_no_rules(client: GraphClient) -> None:
    """Nor one whose findings are remarks; that is data which names the field."""
    scan_id = await scanned(client, "npm:clean-box@1.0.0")
    answer = await generated(client, fromScan=scan_id)
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "fromScan")
    assert "found nothing" in answer["message"]


@pytest.mark.parametrize("given", [{}, {"fromScan": "a", "fromThreat": "b"}, {"text": "a", "fromRegression": "b"}])
async def test_rules_are_asked_for_from_exactly_one_thing(doubled: DoubledGraph, given: dict[str, str]) -> None:
    """Whatever it is; the message names what there is to choose from, and what was given."""
    answer = await generated(doubled.client, **given)
    assert (answer["__typename"], answer["code"]) == ("InvalidInput", "ValidationError")
    assert "fromScan, fromThreat, fromRegression" in answer["message"]
    assert all(name in answer["message"].partition(":")[2] for name in given)


@pytest.mark.parametrize("name", ["fromScan", "fromThreat", "fromRegression"])
async def test_what_does_not_exist_is_not_found(doubled: DoubledGraph, name: str) -> None:
    """Whatever it is asked for as."""
    answer = await generated(doubled.client, **{name: "unknown"})
    assert (answer["__typename"], answer["code"]) == ("NotFound", "NotFound")


async def test_a_scan_that_runs_makes_no_rules_yet(doubled: DoubledGraph) -> None:
    """The message says when to come back."""
    scan = await doubled.sigil.submit(doubled.principal, "npm:evil-box@6.6.6")
    answer = await generated(doubled.client, fromScan=scan.id)
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "fromScan")
    assert "when it is completed" in answer["message"]


async def test_a_threat_leads_to_rules_and_back(doubled: DoubledGraph) -> None:
    """With what the tenant's scans of it have found."""
    doubled.sigil.known_threats.append(EVIL)
    answer = await generated(doubled.client, fromThreat="MAL-1")
    assert answer["origin"] == {
        "__typename": "Threat",
        "packageName": "evil-box",
        "executions": [{"arn": answer["arn"]}],
    }


async def test_a_regression_leads_to_rules_and_back(doubled: DoubledGraph) -> None:
    """Where one of the packages that its deploy shipped is known to be bad, by a scan or by a threat."""
    regression = await regressed(doubled.client, packages=["npm:clean-box@1.0.0", "npm:evil-box@6.6.6"])
    refused = await generated(doubled.client, fromRegression=regression)
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "fromRegression")
    assert "submitScan" in refused["message"]
    scan = await doubled.sigil.submit(doubled.principal, "npm:evil-box@6.6.6")
    phases = {PhaseName.CREDENTIALS: Phase(findings=(THEFT,))}
    doubled.sigil.finish(scan.id, 60, Verdict.CRITICAL_RISK, phases=phases, package_version="6.6.6")
    by_scan = await generated(doubled.client, fromRegression=regression)
    assert (by_scan["origin"]["__typename"], by_scan["origin"]["regressionId"]) == ("Regression", regression)
    doubled.sigil.known_threats.append(EVIL)
    by_threat = await generated(doubled.client, fromRegression=regression)
    assert {"arn": by_threat["arn"]} in by_threat["origin"]["executions"]


async def test_a_regression_whose_deploy_names_no_packages_makes_no_rules(doubled: DoubledGraph) -> None:
    """The message says what to record."""
    answer = await generated(doubled.client, fromRegression=await regressed(doubled.client))
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "fromRegression")
    assert "record what it ships" in answer["message"]


async def test_an_execution_that_came_of_nothing_has_no_origin(doubled: DoubledGraph) -> None:
    """Nor one whose origin is gone."""
    assert (await generated(doubled.client, text="A report."))["origin"] is None
    doubled.sigil.known_threats.append(EVIL)
    arn = (await generated(doubled.client, fromThreat="MAL-1"))["arn"]
    doubled.sigil.known_threats.clear()
    query = "query($arn: String!) { execution(arn: $arn) { origin { __typename } } }"
    assert (await doubled.client.execute(query, arn=arn))["execution"] == {"origin": None}


async def test_a_scan_leads_to_the_deploys_that_shipped_its_version(doubled: DoubledGraph) -> None:
    """By exact version, by range, or by no version; and these lead back."""
    client = doubled.client
    for number, packages in enumerate((["npm:box@1.0.0"], ["npm:box@2.0.0"], ["npm:box"], ["npm:box@^1.0.0"], [])):
        await deployed(client, version=str(number), packages=packages)
    scan = await doubled.sigil.submit(doubled.principal, "npm:box@1.0.0")
    doubled.sigil.finish(scan.id, package_version="1.0.0")
    query = "query($id: String!) { packageScan(scanId: $id) { deploys { version packageScans { scanId } } } }"
    deploys = (await client.execute(query, id=scan.id))["packageScan"]["deploys"]
    assert sorted(deploy["version"] for deploy in deploys) == ["0", "2", "3"]
    assert all(deploy["packageScans"] == [{"scanId": scan.id}] for deploy in deploys)


async def test_an_indicator_leads_to_the_threats_that_name_it(tmp_path: Path, principal: Principal) -> None:
    """From what an execution found to the packages that are known to go with it."""
    cloudsigma, sigil = MemoryCloudSigma(), MemorySigil()
    sigil.known_threats.append(EVIL)
    execution = await cloudsigma.generate(principal, validated(text="A report."))
    iocs = (Ioc(type="domain", value="evil-collector.top"), Ioc(type="domain", value="none.example"))
    cloudsigma.finish(execution.arn, Output(iocs=iocs))
    query = "query($arn: String!) { execution(arn: $arn) { iocs { value threats { packageName } } } }"
    async with serving(memory_assembly(cloudsigma, tmp_path, sigil)) as client_for:
        found = (await client_for(principal).execute(query, arn=execution.arn))["execution"]["iocs"]
    assert found == [
        {"value": "evil-collector.top", "threats": [{"packageName": "evil-box"}]},
        {"value": "none.example", "threats": []},
    ]


async def test_a_rise_of_cost_leads_to_the_rules_that_would_catch_its_package(client: GraphClient) -> None:
    """In one query over all services: regression, deploy, packages, scans, executions, rules, and back again."""
    scan_id = await scanned(client, "npm:evil-box@6.6.6")
    regression = await regressed(client, packages=["npm:evil-box@6.6.6"])
    arn = (await generated(client, fromRegression=regression))["arn"]
    await events(client, STATUS, arn=arn)
    query = """
        query($id: String!) {
          regression(regressionId: $id) {
            deploy { deployId packageScans { scanId verdict deploys { deployId } } }
            executions { arn status rules { title } origin { __typename } }
          }
        }
    """
    found = (await client.execute(query, id=regression))["regression"]
    (scan,), (execution,) = found["deploy"]["packageScans"], found["executions"]
    assert (scan["scanId"], scan["deploys"]) == (scan_id, [{"deployId": found["deploy"]["deployId"]}])
    assert (execution["arn"], execution["status"]) == (arn, "SUCCEEDED")
    assert execution["rules"]
    assert execution["origin"] == {"__typename": "Regression"}
