"""`trigraph check`: what it says of each part, well or not."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from gateway.commands.check import check
from gateway.commands.failing import CommandFailed
from gateway.commands.keys import create_key
from gateway.configuration.settings import PREFIX, Settings, read_settings
from tests.adapters.conftest import Loopback


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


async def told(settings: Settings, capsys: pytest.CaptureFixture[str], *, wrong: int = 0) -> dict[str, list[str]]:
    """Run the check and give each part's row; `wrong` parts must be told to need mending."""
    if wrong:
        with pytest.raises(CommandFailed, match=rf"^{wrong} of the parts above must be mended$"):
            await check(settings)
    else:
        await check(settings)
    lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    return {row[0]: row[1:] for row in rows if row[0]}


async def test_all_is_well_with_the_defaults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every part is named, up, and where it is."""
    rows = await told(Settings(data_dir=tmp_path), capsys)
    assert list(rows) == ["callers", "data folder", "store", "cloudsigma", "sigil", "cloudlink", "playground"]
    assert [rows[part][0] for part in ("callers", "data folder", "store", "cloudsigma", "sigil")] == ["UP"] * 5
    assert rows["callers"][1] == "everyone on this machine, listening on 127.0.0.1:8000"
    assert str(tmp_path) in rows["store"][1]
    assert rows["cloudsigma"][1] == "local"


async def test_keys_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many there are is told, and none of them."""
    key = "tg_" + "a" * 30
    rows = await told(Settings(data_dir=tmp_path, host="0.0.0.0", api_keys=f"alice={key}"), capsys)
    assert rows["callers"] == ["UP", "1 keys in settings, 0 in the store, listening on 0.0.0.0:8000"]


async def test_keys_of_the_store_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With one of them nobody is the local principal any more."""
    settings = Settings(data_dir=tmp_path, host="0.0.0.0")
    await create_key(settings, "alice", tenant=None, roles=["admin"], tier="pro", expires=None)
    rows = await told(settings, capsys)
    assert rows["callers"] == ["UP", "0 keys in settings, 1 in the store, listening on 0.0.0.0:8000"]


async def test_an_identity_provider_is_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], loopback: Loopback
) -> None:
    """How many of its keys can be used, or why there are none."""
    issuer = loopback.url("", "127.0.0.1")
    settings = read_settings(
        data_dir=tmp_path, jwt_issuer=issuer, jwt_audience="trigraph", jwt_jwks_url=f"{issuer}/keys"
    )
    rows = await told(settings, capsys, wrong=1)
    assert "answered 404" in rows["identity provider"][1]
    loopback.page("/keys", '{"keys": []}', "application/json")
    rows = await told(settings, capsys, wrong=1)
    assert "check TRIGRAPH_JWT_ALGORITHMS" in rows["identity provider"][1]
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "a"}
    loopback.page("/keys", json.dumps({"keys": [key]}), "application/json")
    rows = await told(settings, capsys)
    assert rows["identity provider"] == ["UP", f"{issuer}, 1 keys"]


async def test_an_open_door_is_told_with_its_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check finds what `serve` would refuse."""
    rows = await told(Settings(data_dir=tmp_path, host="0.0.0.0"), capsys, wrong=1)
    assert rows["callers"][0] == "DOWN"
    assert "set TRIGRAPH_API_KEYS" in rows["callers"][1]


async def test_a_service_that_nobody_answers_for_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its address is named, and the setting that holds it."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = "http://{}:{}".format(*nobody.getsockname())
        rows = await told(Settings(data_dir=tmp_path, cloudsigma=address), capsys, wrong=1)
    assert rows["cloudsigma"][0] == "DOWN"
    assert "could not be reached" in rows["cloudsigma"][1]
    assert "check TRIGRAPH_CLOUDSIGMA" in rows["cloudsigma"][1]
    assert rows["store"][0] == "UP"


async def test_a_token_that_cloudsigma_does_not_accept_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], loopback: Loopback
) -> None:
    """Its health is open to all, and says nothing of the token."""
    loopback.page("/v1/health", '{"status": "ok"}', "application/json")
    settings = Settings(data_dir=tmp_path, cloudsigma=loopback.url("", "127.0.0.1"))
    loopback.page("/v1/usage", '{"tier": "pro", "rulesGenerated": 1}', "application/json", status=401)
    rows = await told(settings, capsys)
    assert rows["cloudsigma"][0] == "DEGRADED"
    assert "check TRIGRAPH_CLOUDSIGMA_TOKEN" in rows["cloudsigma"][1]


async def test_an_adapter_that_nobody_offers_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what there is to choose from."""
    rows = await told(Settings(data_dir=tmp_path, cloudsigma="nobodys"), capsys, wrong=1)
    assert "cloudsigma-local, cloudsigma-rest" in rows["services"][1]


async def test_a_folder_that_cannot_be_had_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the setting that names it."""
    (tmp_path / "file").touch()
    rows = await told(Settings(data_dir=tmp_path / "file" / "data"), capsys, wrong=2)
    assert rows["data folder"][0] == "DOWN"
    assert "Not a directory" in rows["data folder"][1]
    assert "TRIGRAPH_DATA_DIR" in rows["data folder"][1]


async def test_a_database_that_does_not_answer_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its address without the password, what went wrong, and the setting to look at."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = "postgresql://user:geheim@{}:{}/trigraph".format(*nobody.getsockname())
        rows = await told(Settings(data_dir=tmp_path, database_url=url), capsys, wrong=1)
    state, message = rows["store"]
    assert state == "DOWN"
    assert "ConnectionRefusedError" in message
    assert "check TRIGRAPH_DATABASE_URL" in message
    assert "user:***@127.0.0.1" in message
    assert "geheim" not in message


async def test_a_damaged_embedded_database_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The cure is another than for a server."""
    (tmp_path / "trigraph.sqlite3").write_text("no database " * 100)
    rows = await told(Settings(data_dir=tmp_path), capsys, wrong=1)
    assert rows["store"][0] == "DOWN"
    assert "move that file away" in rows["store"][1]


async def test_a_variable_that_is_no_setting_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt one would be ignored without a word; the setting that it resembles is named."""
    monkeypatch.setenv("TRIGRAPH_API_KEY", "alice=geheim")
    monkeypatch.setenv("TRIGRAPH_OF_OTHERS", "x")
    rows = await told(Settings(data_dir=tmp_path), capsys)
    assert rows["settings"] == [
        "DEGRADED",
        "no such setting, so ignored: TRIGRAPH_API_KEY (is TRIGRAPH_API_KEYS meant?), TRIGRAPH_OF_OTHERS",
    ]


async def test_a_manifest_that_serve_would_refuse_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that can't be read, and one that is asked for and not named; a good one is up."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text("no JSON")
    rows = await told(Settings(data_dir=tmp_path, trusted_documents=manifest), capsys, wrong=1)
    assert "TRIGRAPH_TRUSTED_DOCUMENTS is" in rows["trusted documents"][1]
    rows = await told(Settings(data_dir=tmp_path, only_trusted_documents=True), capsys, wrong=1)
    assert "there is no manifest" in rows["trusted documents"][1]
    manifest.write_text('{"a": "{ viewer { name } }"}')
    rows = await told(Settings(data_dir=tmp_path, trusted_documents=manifest), capsys)
    assert rows["trusted documents"] == ["UP", str(manifest)]


async def test_an_adapter_of_another_service_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With those of this one to choose from."""
    rows = await told(Settings(data_dir=tmp_path, sigil="cloudlink-local"), capsys, wrong=1)
    assert "TRIGRAPH_SIGIL is 'cloudlink-local', and that adapter has no " in rows["services"][1]
    assert "name one of these: sigil-local, sigil-rest" in rows["services"][1]
