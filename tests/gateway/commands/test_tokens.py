"""The command that keeps tenants' own tokens of services."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.vault import new_encryption_key
from gateway.commands.cli import main
from gateway.commands.failing import CommandFailed
from gateway.commands.tokens import list_tokens, remove_token, set_token
from gateway.configuration.settings import Settings

TOKEN = "sk_live_0123456789abcdefWXYZ"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder, and a key."""
    return Settings(data_dir=tmp_path, encryption_key=SecretStr(new_encryption_key()))


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


async def test_a_callers_own_token_is_kept_apart(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told whose it is, and removed alone."""
    for caller in (None, "alice"):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
        await set_token(settings, "sigil", "acme", caller)
    assert "The token of alice of acme at sigil is kept" in capsys.readouterr().out
    await remove_token(settings, "sigil", "acme", "alice")
    with pytest.raises(CommandFailed, match="'alice' has no token at sigil"):
        await remove_token(settings, "sigil", "acme", "alice")
    await list_tokens(settings)
    assert "all" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match=r"^--caller is 'a b'"):
        await set_token(settings, "sigil", "acme", "a b")


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
