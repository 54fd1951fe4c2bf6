"""`trigraph serve --demo`, and the README's first question to it."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from adapters.sigil.models import Verdict
from gateway.commands.cli import main
from gateway.demo.packages import METRICS, PACKAGES
from gateway.demo.registry import SCOPE_SETTING, demo_registry
from gateway.demo.story import COMPUTE, SERVICES, costs, deploys
from tests.running import PROJECT, start_server

README = (PROJECT / "README.md").read_text()


def test_the_first_question_of_the_readme_is_answered_as_it_says(tmp_path: Path, engine_cache: Path) -> None:
    """Figure by figure, at whichever hour it starts; the data go with the server."""
    section = README.partition("## One question over three services")[2]
    (question,) = re.findall(r"-d '(\{.*?\})'", section.partition("\n## ")[0], re.DOTALL)
    (told,) = re.findall(r"```json\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    environment = {
        "TRIGRAPH_DATA_DIR": str(tmp_path / "data"),
        "TRIGRAPH_CACHE_DIR": str(engine_cache),
        "TMPDIR": str(tmp_path),
        "TRIGRAPH_WORKERS": "1",
    }
    with start_server("--demo", environment=environment) as server:
        asked = httpx.post(f"{server.address}/graphql", json=json.loads(question), timeout=60, trust_env=False)
    assert asked.json() == json.loads(told)
    (regression,) = asked.json()["data"]["regressions"]["nodes"]
    assert regression["packageScans"][0]["target"] == METRICS.target
    assert regression["packageScans"][0]["verdict"] == Verdict.CRITICAL_RISK.name
    assert not list(tmp_path.glob("trigraph-demo-*"))
    assert not list((tmp_path / "data").glob("*.sqlite3"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRIGRAPH_SIGIL", "https://sigil.invalid"),
        ("TRIGRAPH_DATABASE_URL", "postgresql://u:p@db/t"),
        ("TRIGRAPH_API_KEYS", "alice=a-key-of-twenty-characters"),
    ],
)
def test_a_demo_takes_no_data_or_callers_of_anybody(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting that disagrees is named."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=rf"unset {name}$"):
        main(["serve", "--demo"])


def test_a_service_alone_has_no_demo() -> None:
    """The story is one over all three."""
    with pytest.raises(SystemExit, match="leave sigil out"):
        main(["serve", "sigil", "--demo"])


def test_the_story_is_the_same_at_each_start() -> None:
    """Counted from the present hour, cost by cost and archive by archive; the last deploy ships the package."""
    hour = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert list(costs(hour)) == list(costs(hour))
    assert [spent(hour), *(spent(hour + timedelta(hours=later)) for later in (1, 6, 13))] == [spent(hour)] * 4
    assert {record.service for record in costs(hour)} == {service.name for service in SERVICES}
    assert [package.archive() for package in PACKAGES] == [package.archive() for package in PACKAGES]
    last = list(deploys(hour))[-1]
    assert (last.service, METRICS.target in last.metadata["packages"]) == (COMPUTE.name, True)


def spent(hour: datetime) -> list[float]:
    return [record.cost_usd for record in costs(hour) if record.service == COMPUTE.name]


def test_the_registry_of_the_demo_is_there_while_it_runs() -> None:
    """It is named to npm's configuration for its scope only, knows nothing else, and goes again."""
    with demo_registry():
        address = os.environ[SCOPE_SETTING]
        assert httpx.get(f"{address}/{METRICS.name}", trust_env=False).json()["name"] == METRICS.name
        assert httpx.get(f"{address}/express", trust_env=False).status_code == 404
    assert SCOPE_SETTING not in os.environ
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)
