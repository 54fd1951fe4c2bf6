from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.registry import GROUP, UnknownAdapter, build_adapter, entry_point_name
from adapters.store.database import Database, sqlite_url
from adapters.workers import Workers

OTHERS = """
class Others:
    def __init__(self, context):
        self.context = context

    def __getattr__(self, name):
        return name

build = Others
"""


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    """Collaborators that connect to nothing."""
    return AdapterContext(
        location="",
        token=None,
        cache_dir=tmp_path,
        database=Database(sqlite_url(tmp_path)),
        durable=DurableWork("sqlite://", "test"),
        workers=Workers(1),
        nvd_url="http://127.0.0.1:1",
        nvd_api_key=None,
        attack_bundle=None,
        fetch_allowed=frozenset(),
    )


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("", "cloudsigma-local"),
        ("https://cloudsigma.example", "cloudsigma-rest"),
        ("http://127.0.0.1:8001/", "cloudsigma-rest"),
        ("mine", "mine"),
    ],
)
def test_the_setting_chooses_the_adapter(location: str, name: str) -> None:
    """Nothing means local, a URL means REST, and anything else is an entry point's name."""
    assert entry_point_name("cloudsigma", location) == name


def test_built_ins_come_through_the_same_entry_points(context: AdapterContext) -> None:
    """Both adapters of this project are built by what the installed distribution offers."""
    assert isinstance(build_adapter("cloudsigma", context), LocalCloudSigma)
    rest = replace(context, location="http://127.0.0.1:1", token="csk_live_" + "0" * 32)
    assert isinstance(build_adapter("cloudsigma", rest), RestCloudSigma)


def test_an_unknown_name_is_answered_with_the_choice(context: AdapterContext) -> None:
    """The message names the setting, its value, and every adapter that would do."""
    with pytest.raises(UnknownAdapter) as unknown:
        build_adapter("cloudsigma", replace(context, location="nonsense"))
    message = str(unknown.value)
    assert message.startswith("TRIGRAPH_CLOUDSIGMA is 'nonsense'")
    assert "'nonsense': leave it empty, give a URL, or name one of these: " in message
    assert message.endswith("cloudsigma-local, cloudsigma-rest")


def test_somebody_elses_adapter_is_found(
    context: AdapterContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A distribution that offers an entry point of the group is used by its name, and is handed the context."""
    information = tmp_path / "others-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{GROUP}]\nothers = others_adapter:build\n")
    (tmp_path / "others_adapter.py").write_text(OTHERS)
    monkeypatch.syspath_prepend(tmp_path)
    assert EntryPoint("others", "others_adapter:build", GROUP) in entry_points(group=GROUP)
    wanted = replace(context, location="others")
    assert build_adapter("cloudsigma", wanted).context == wanted


@pytest.mark.parametrize("service", ["cloudsigma", "sigil", "cloudlink"])
def test_an_adapter_of_another_service_is_refused(service: str, context: AdapterContext) -> None:
    """Before anything is asked of it, and with those that would do."""
    other = "sigil-local" if service != "sigil" else "cloudsigma-local"
    with pytest.raises(UnknownAdapter) as unknown:
        build_adapter(service, replace(context, location=other))
    message = str(unknown.value)
    assert message.startswith(f"TRIGRAPH_{service.upper()} is {other!r}, and that adapter has no ")
    assert message.endswith(f"name one of these: {service}-local, {service}-rest")
