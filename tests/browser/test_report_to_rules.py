"""The whole way in a real browser: a threat report goes in, stages are pushed, Sigma rules come out."""

from __future__ import annotations

import json
from pathlib import Path

from playground_page import Playground
from sigma.collection import SigmaCollection

from tests.running import start_server

REPORT = (Path(__file__).parents[1] / "reports" / "harbour_lantern.md").read_text()
GENERATE = """
mutation ($text: String!) {
  generateRules(input: {text: $text}) { __typename ... on Execution { arn status } ... on Problem { message } }
}
"""
STATUS = """
subscription ($arn: String!) {
  executionStatus(arn: $arn) { cursor execution { status stage progress rulesGenerated rules { title sigma } } }
}
"""
SECONDS = 120
SCREENSHOT = "report_to_rules.png"


async def test_a_report_becomes_rules_that_a_siem_would_load(
    playground: Playground, tmp_path: Path, engine_cache: Path
) -> None:
    """`generateRules` answers at once, `executionStatus` pushes RUNNING with stages and then SUCCEEDED."""
    environment = {"TRIGRAPH_DATA_DIR": str(tmp_path / "data"), "TRIGRAPH_CACHE_DIR": str(engine_cache)}
    with start_server(environment=environment) as server:
        await playground.open(server.address)
        await playground.set_operation(GENERATE)
        await playground.set_variables({"text": REPORT})
        await playground.run()
        started = (await playground.result(holding="arn"))["data"]["generateRules"]
        assert started["status"] == "RUNNING"

        await playground.set_operation(STATUS)
        await playground.set_variables({"arn": started["arn"]})
        await playground.run()
        await playground.result(holding="SUCCEEDED", seconds=SECONDS)
        seen = [shown["data"]["executionStatus"]["execution"] for shown in await playground.results()]
        await playground.page.screenshot(path=tmp_path / SCREENSHOT)

    assert [execution["status"] for execution in seen] == ["RUNNING"] * (len(seen) - 1) + ["SUCCEEDED"]
    assert len(seen) > 1
    assert all(execution["stage"] for execution in seen)
    rules = seen[-1]["rules"]
    assert len(rules) == seen[-1]["rulesGenerated"] >= 50, json.dumps(seen[-1], indent=1)[:2000]
    for rule in rules:
        assert not SigmaCollection.from_yaml(rule["sigma"]).errors
    assert playground.hosts() == {"127.0.0.1"}
    assert playground.complaints == []
