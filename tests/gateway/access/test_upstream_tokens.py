"""Tokens that callers bring, and the command that keeps those of tenants."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.errors import InvalidInput
from adapters.vault import new_encryption_key
from gateway.access.upstream_tokens import list_tokens, remove_token, set_token, tokens_in
from gateway.commands.cli import main
from gateway.commands.failing import CommandFailed
from gateway.configuration.settings import Settings

TOKEN = "sk_live_0123456789abcdefWXYZ"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder, and a key."""
    return Settings(data_dir=tmp_path, encryption_key=SecretStr(new_encryption_key()))


def test_tokens_are_read_from_headers_of_any_case() -> None:
    """Each for its service."""
    found = tokens_in({"X-Trigraph-Sigil-Token": TOKEN, "x-trigraph-cloudlink-token": "cl_live_x", "Accept": "*/*"})
    assert found is not None
    assert (found.of("sigil"), found.of("cloudlink"), found.of("cloudsigma")) == (TOKEN, "cl_live_x", None)


def test_who_brings_no_token_has_none() -> None:
    """An Authorization header is the gateway's own key."""
    assert tokens_in({"Authorization": "Bearer tg_key"}) is None


@pytest.mark.parametrize("value", ["", "a b", "é", None, 3])
def test_what_is_no_token_is_refused_by_the_name_of_its_header(value: object) -> None:
    """Without repeating it."""
    with pytest.raises(InvalidInput, match=r"^validation_error: X-Trigraph-Sigil-Token: "):
        tokens_in({"X-Trigraph-Sigil-Token": value})


async def test_a_token_is_set_from_standard_input_listed_and_removed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is never printed."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    await set_token(settings, "sigil", "acme")
    await list_tokens(settings)
    await remove_token(settings, "sigil", "acme")
    told = capsys.readouterr().out
    assert TOKEN not in told
    assert "…WXYZ" in told
    with pytest.raises(CommandFailed, match="'acme' has no token at sigil"):
        await remove_token(settings, "sigil", "acme")


async def test_without_a_key_it_is_said_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept in clear."""
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN))
    with pytest.raises(CommandFailed, match="trigraph encryption-key"):
        await set_token(Settings(data_dir=tmp_path), "sigil", "acme")


def test_the_command_takes_no_token_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments are seen by everyone on the machine."""
    with pytest.raises(SystemExit):
        main(["tokens", "set", "sigil", TOKEN, "--tenant", "acme"])
    assert "unrecognized arguments" in capsys.readouterr().err


async def test_a_tenant_that_nobody_can_be_has_no_token(settings: Settings) -> None:
    """It is told before the token is asked for."""
    with pytest.raises(CommandFailed, match=r"^--tenant is ''"):
        await set_token(settings, "sigil", "")
