"""`trigraph threats import`: what it takes, what it leaves out, and that a second time changes nothing."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.paging import Window
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.port import ThreatFilter
from adapters.store.database import Database
from gateway.commands import threats
from gateway.commands.failing import CommandFailed
from gateway.commands.threats import import_threats
from gateway.configuration.settings import Settings


def report(number: int, **given: Any) -> bytes:
    affected = [{"package": {"ecosystem": "npm", "name": f"bad-{number}"}, "versions": ["1.0.0"]}]
    return json.dumps({"id": f"MAL-2099-{number}", "affected": affected, **given}).encode()


def folder(path: Path, reports: Mapping[str, bytes]) -> Path:
    for name, data in reports.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def zipped(path: Path, reports: Mapping[str, bytes]) -> Path:
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in reports.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, reports: Mapping[str, bytes]) -> Path:
    path = path.with_suffix(".tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        for name, data in reports.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


async def known(settings: Settings) -> dict[str, str]:
    """Give the packages that the store knows, by id."""
    database = Database(settings.database)
    try:
        page = await ThreatRecords(database).page(Window(10_000), ThreatFilter())
    finally:
        await database.close()
    return {threat.id: threat.package_name for threat in page.nodes}


@pytest.mark.parametrize("packed", [folder, zipped, tarred])
async def test_reports_come_from_a_folder_or_an_archive(
    packed: Callable[[Path, Mapping[str, bytes]], Path], settings: Settings, tmp_path: Path
) -> None:
    """However deep they lie; what is no JSON file is passed over."""
    reports = {"osv/malicious/npm/bad-1/MAL-1.json": report(1), "MAL-2.json": report(2), "README.md": b"# Reports"}
    await import_threats(settings, packed(tmp_path / "reports", reports))
    assert await known(settings) == {"MAL-2099-1": "bad-1", "MAL-2099-2": "bad-2"}


async def test_one_report_is_imported_by_its_path(settings: Settings, tmp_path: Path) -> None:
    """A file that is no archive is a report."""
    (tmp_path / "MAL-7.json").write_bytes(report(7))
    await import_threats(settings, tmp_path / "MAL-7.json")
    assert await known(settings) == {"MAL-2099-7": "bad-7"}


async def test_importing_again_replaces(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same reports are no new threats, a changed one has its new text, over as many batches as it takes."""
    monkeypatch.setattr(threats, "THREATS_AT_ONCE", 3)
    reports = {f"{number}.json": report(number) for number in range(10)}
    path = folder(tmp_path / "reports", reports)
    await import_threats(settings, path)
    folder(path, {"4.json": report(4, affected=[{"package": {"ecosystem": "npm", "name": "renamed"}}])})
    await import_threats(settings, path)
    found = await known(settings)
    assert len(found) == 10
    assert found["MAL-2099-4"] == "renamed"
    assert capsys.readouterr().err.count("10 threats imported, 0 withdrawn") == 2


async def test_a_withdrawn_report_is_forgotten(settings: Settings, tmp_path: Path) -> None:
    """Its threat was known before, and is no longer."""
    path = folder(tmp_path / "reports", {"1.json": report(1), "2.json": report(2)})
    await import_threats(settings, path)
    folder(path, {"1.json": report(1, withdrawn="2099-02-01T00:00:00Z")})
    await import_threats(settings, path)
    assert list(await known(settings)) == ["MAL-2099-2"]


@pytest.mark.parametrize("given", [{}, {"affected": []}], ids=["named", "not named"])
async def test_a_withdrawn_report_takes_all_of_its_packages_along(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: dict[str, Any]
) -> None:
    """Whatever it names by then."""
    several = [{"package": {"ecosystem": "npm", "name": name}} for name in ("bad-1", "worse-1")]
    path = folder(tmp_path / "reports", {"1.json": report(1, affected=several)})
    await import_threats(settings, path)
    assert set((await known(settings)).values()) == {"bad-1", "worse-1"}
    folder(path, {"1.json": report(1, withdrawn="2099-02-01T00:00:00Z", **given)})
    await import_threats(settings, path)
    assert await known(settings) == {}
    assert "0 threats imported, 1 withdrawn" in capsys.readouterr().err


async def test_of_a_report_that_comes_twice_the_last_one_counts(settings: Settings, tmp_path: Path) -> None:
    """Also where both come at once."""
    renamed = [{"package": {"ecosystem": "npm", "name": name}} for name in ("renamed", "added")]
    reports = {"1.json": report(1), "2.json": report(1, affected=renamed), "3.json": report(2)}
    withdrawn = {"4.json": report(2, withdrawn="2099-02-01T00:00:00Z")}
    await import_threats(settings, folder(tmp_path / "reports", {**reports, **withdrawn}))
    assert set((await known(settings)).values()) == {"renamed", "added"}


async def test_what_is_no_report_is_told_and_left_out(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are imported, and a file's name does not steer the terminal."""
    bad = {"\x1b[2Jevil.json": b"{", "binary.json": b"\xff\xfe\0", "list.json": b"[]", "number.json": b'{"id": 1}'}
    await import_threats(settings, folder(tmp_path / "reports", {**bad, "good.json": report(1)}))
    told = capsys.readouterr().err
    assert await known(settings) == {"MAL-2099-1": "bad-1"}
    assert "1 threats imported, 0 withdrawn, 4 reports could not be read" in told
    assert r"\x1b[2Jevil.json is no OSV report" in told
    assert "\x1b" not in told


async def test_many_unreadable_reports_are_counted_not_listed(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The terminal shows the first twenty."""
    bad = {f"{number}.json": b"{" for number in range(50)}
    with pytest.raises(CommandFailed, match="holds no report"):
        await import_threats(settings, folder(tmp_path / "reports", bad))
    told = capsys.readouterr().err
    assert told.count("is no OSV report") == 20
    assert "50 reports could not be read" in told


async def test_a_torn_archive_is_told_and_what_came_before_is_kept(settings: Settings, tmp_path: Path) -> None:
    """The exit says that something is missing."""
    whole = tarred(tmp_path / "reports", {f"{number}.json": report(number, details="x" * 9) for number in range(2000)})
    torn = tmp_path / "torn.tar.gz"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(CommandFailed, match="can't be read to its end"):
        await import_threats(settings, torn)
    assert 0 < len(await known(settings)) < 2000


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("missing", None, "missing does not exist: give an OSV report"),
        ("go.json", report(1, affected=[{"package": {"ecosystem": "Go", "name": "x"}}]), "no report on a package"),
        ("picture.png", b"\x89PNG", "no report on a package"),
    ],
)
async def test_a_path_without_any_report_fails(
    name: str, data: bytes | None, told: str, settings: Settings, tmp_path: Path
) -> None:
    """The message names the path and says what to give."""
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CommandFailed, match=told):
        await import_threats(settings, tmp_path / name)
