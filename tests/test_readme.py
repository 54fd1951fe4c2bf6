"""The README tells the truth: its settings, its operations and its adapter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import graphql
import pytest

from adapters.cloudsigma.port import CloudSigma
from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.store.database import Database, sqlite_url
from adapters.workers import Workers
from gateway.configuration.settings import settings_table
from schema.graph import build_graph

README = (Path(__file__).parent.parent / "README.md").read_text()
OPERATIONS = [json.loads(body)["query"] for body in re.findall(r"-d '(\{.*?\})'", README, re.DOTALL)]


def test_the_table_of_settings_is_the_one_that_the_code_gives() -> None:
    """Print `gateway.configuration.settings.settings_table()` and paste it."""
    assert settings_table() in README


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_fits_the_graph(operation: str) -> None:
    """What a reader copies is accepted."""
    schema = graphql.build_schema(build_graph().as_str())
    assert graphql.validate(schema, graphql.parse(operation)) == []


def test_there_are_operations_to_copy() -> None:
    """The one above is not empty."""
    assert len(OPERATIONS) >= 3


async def test_the_adapter_of_the_readme_is_an_adapter(tmp_path: Path) -> None:
    """Built as the entry point would build it, it has every method of the port."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module: Any = ModuleType("readme")
    exec(code, module.__dict__)
    context = AdapterContext(
        location="telling",
        token=None,
        cache_dir=tmp_path,
        database=Database(sqlite_url(tmp_path)),
        durable=DurableWork(f"sqlite:///{tmp_path}/workflows.sqlite3", "test"),
        workers=Workers(1),
        nvd_url="https://nvd.invalid",
        nvd_api_key=None,
        attack_bundle=None,
        fetch_allowed=frozenset(),
    )
    adapter = module.build(context)
    methods = [name for name, value in vars(CloudSigma).items() if callable(value) and not name.startswith("_")]
    assert "generate" in methods
    assert all(callable(getattr(adapter, name)) for name in methods)
