"""`trigraph keys`: keys are made, listed, revoked and forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.principal import Principal
from adapters.sigil.local.members import ROLES as TEAM_ROLES
from adapters.store.database import Database, sqlite_url
from gateway.access.authentication import Unauthenticated, authentication_of
from gateway.access.roles import HELD
from gateway.commands.cli import main
from gateway.commands.failing import CommandFailed
from gateway.commands.key_commands import ROLES
from gateway.commands.keys import expiry
from gateway.configuration.settings import Settings
from gateway.observability.metrics import ROLE as METRICS
from schema.roles import Role

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def run(folder: Path, *words: str) -> None:
    """Run the command on a data folder."""
    main(["keys", *words, "--data-dir", str(folder)])


async def caller_of(folder: Path, key: str) -> Principal:
    database = Database(sqlite_url(folder))
    try:
        return await authentication_of(Settings(data_dir=folder), database).authenticate(f"Bearer {key}")
    finally:
        await database.close()


def test_a_key_that_is_made_lets_its_holder_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command was told; the key is printed once and shown in no list."""
    monkeypatch.setenv("COLUMNS", "200")
    run(tmp_path, "create", "alice", "--tenant", "acme", "--role", "viewer", "--role", "metrics", "--expires", "90d")
    key = capsys.readouterr().out.split()[4]
    caller = asyncio.run(caller_of(tmp_path, key))
    assert (caller.id, caller.tenant, caller.roles, caller.tier) == ("alice", "acme", ("viewer", "metrics"), "pro")
    run(tmp_path, "list")
    listed = capsys.readouterr().out
    assert key not in listed
    assert "viewer+metrics" in listed


def test_a_key_is_revoked_and_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Forgetting the last says what that opens; what there is not is told."""
    run(tmp_path, "create", "alice")
    key = capsys.readouterr().out.split()[4]
    for words, said in (
        (("forget", "alice"), "'alice' names no key that is revoked or expired"),
        (("revoke", "bob"), "'bob' is neither the id nor the name"),
    ):
        with pytest.raises(SystemExit, match=said):
            run(tmp_path, *words)
    run(tmp_path, "revoke", "alice")
    with pytest.raises(Unauthenticated):
        asyncio.run(caller_of(tmp_path, key))
    run(tmp_path, "forget", "alice")
    assert "everyone on this machine may call" in capsys.readouterr().out


def test_a_role_that_is_none_is_not_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A word that opens nothing would only be noticed later; there are the graph's, Sigil's and one more."""
    with pytest.raises(SystemExit):
        run(tmp_path, "create", "alice", "--role", "viewr")
    assert "invalid choice: 'viewr'" in capsys.readouterr().err
    assert set(ROLES) == (HELD.keys() - {Role.CALLER}) | set(TEAM_ROLES) | {METRICS}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("local",), "who calls where there are no keys"),
        (("al ice",), "NAME is 'al ice'"),
        (("alice", "--tenant", "a/b"), "--tenant is 'a/b'"),
        (("dora",), "TRIGRAPH_API_KEYS gives 'dora' to the tenant 'acme'"),
    ],
)
def test_a_key_that_would_confuse_is_not_made(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names what is wrong."""
    monkeypatch.setenv("TRIGRAPH_API_KEYS", "dora=" + "k" * 32 + ";tenant=acme")
    with pytest.raises(SystemExit, match=said):
        run(tmp_path, "create", *words)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("12h", NOW + timedelta(hours=12)),
        ("2w", NOW + timedelta(weeks=2)),
        ("2027-01-01", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01T00:00:00+02:00", datetime(2026, 12, 31, 22, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_a_time_or_a_date(given: str, expected: datetime) -> None:
    """A date is UTC unless it says otherwise."""
    assert expiry(given, NOW) == expected


@pytest.mark.parametrize("given", ["", "soon", "0d", "-1d", "1y", "2026-11-29", "99999d", "1d "])
def test_an_expiry_that_is_none_or_over_is_refused(given: str) -> None:
    """With what would do."""
    with pytest.raises(CommandFailed, match="give a time such as 90d"):
        expiry(given, NOW)


def test_ids_and_moments_are_whole_in_a_list_of_any_width(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id that is cut revokes nothing: it is whole on a narrow terminal, and a pipe gets lines that are whole."""
    run(tmp_path, "create", "alice", "--tenant", "acme-of-the-north", "--expires", "90d")
    key_id = capsys.readouterr().out.split()[6].rstrip(",")
    monkeypatch.setenv("COLUMNS", "80")
    run(tmp_path, "list")
    shown = capsys.readouterr().out
    assert key_id in shown
    assert "…" not in shown
    monkeypatch.delenv("COLUMNS")
    run(tmp_path, "list")
    row = next(line for line in capsys.readouterr().out.splitlines() if key_id in line)
    assert [cell.strip() for cell in row.split("│")[2:5]] == ["alice", "acme-of-the-north", "admin"]
