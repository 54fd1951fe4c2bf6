"""`trigraph scan`: what it takes, what it writes, and the code that it ends with."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Severity, Threat
from adapters.sigil.wire import ScanAnswer
from adapters.store.database import Database
from gateway.commands.cli import main
from gateway.commands.failing import CommandFailed
from gateway.commands.scan import Format, read_policy, scan_targets
from gateway.configuration.settings import Settings
from tests.adapters.conftest import Loopback
from tests.package_registry import CLEAN, EVIL, PackageRegistry, npm_archive, publish_examples, wheel_archive

HOOKED = {"scripts": {"postinstall": "node setup.js"}}


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings with small registries on loopback, that clean-box, evil-box and others are published on."""
    loopback = Loopback()
    await loopback.start()
    registry = PackageRegistry(loopback)
    publish_examples(registry)
    yield Settings(data_dir=tmp_path / "data", workers=1, npm_registry=registry.npm, pypi_index=registry.pypi)
    await loopback.stop()


def package(files: Mapping[str, str], **manifest: Any) -> dict[str, str]:
    return {"package.json": json.dumps({"name": "a-box", "version": "1.2.3", **manifest}), **files}


def folder(path: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    return path


async def scan(settings: Settings, *targets: str | Path, policy: str = "default", **given: Any) -> int:
    written = given.get("written", Format.REPORT)
    return await scan_targets(settings, [str(target) for target in targets], policy, written, given.get("output"))


async def test_a_clean_package_passes(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The report names the version that was found, its score and all phases."""
    assert await scan(settings, "npm:clean-box@1") == 0
    shown = capsys.readouterr().out
    assert "npm:clean-box@1 (clean-box 1.1.0)  CLEAN with 0 points, passes the policy default" in shown
    assert "install_hooks 0 · code_patterns 0 · network_exfil 0 · credentials 0 · obfuscation 0" in shown


async def test_an_attack_fails_with_the_lines_that_offend(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each finding has its file, its line and its code; the policy says why it fails."""
    assert await scan(settings, "npm:evil-box@6.6.6") == 1
    captured = capsys.readouterr()
    assert "npm:evil-box@6.6.6  CRITICAL_RISK" in captured.out
    assert re.search(r"^  critical  install-\S+  setup\.js:[5-8]  install_hooks", captured.out, re.MULTILINE)
    assert re.search(r"^    │ .*request", captured.out, re.MULTILINE)
    assert "max_score  The score is" in captured.out
    assert "fails the policy default" in captured.err


async def test_one_target_that_fails_does_not_lose_the_others(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that is wrong with one of them ends the command; it ends with 2."""
    wrong = ("npm:missing-box", "npm:altered-box@1.0.0", "nonsense", "npm:clean-box@^9", "file:/nowhere/at/all")
    code = await scan(settings, *wrong, "npm:clean-box@2.0.0", "pypi:clean-basket", written=Format.JSON)
    scans = json.loads(capsys.readouterr().out)
    assert code == 2
    assert [scan["status"] for scan in scans] == ["failed"] * 5 + ["completed"] * 2
    assert [scan["error"]["code"] for scan in scans[:3]] == ["not_found", "hash_mismatch", "validation_error"]
    assert "missing-box" in scans[0]["error"]["message"]


async def test_failing_the_policy_weighs_more_than_not_being_scanned(settings: Settings) -> None:
    """The code is 1 for both together."""
    assert await scan(settings, "npm:missing-box", "npm:evil-box@6.6.6", "npm:clean-box@2.0.0") == 1


async def test_json_is_a_list_of_the_wires_scans(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the targets, each once, also if there is one; standard output holds nothing else."""
    targets = ("pypi:clean-basket==3.1", "npm:clean-box@1.0.0", "npm:clean-box@1.0.0")
    await scan(settings, *targets, written=Format.JSON)
    document = capsys.readouterr().out
    first, second = msgspec.json.decode(document, type=list[ScanAnswer], strict=True)
    assert (first.target, first.package_version, second.target) == ("pypi:clean-basket==3.1", "3.1", targets[1])
    assert list(second.phases) == [
        "install_hooks",
        "code_patterns",
        "network_exfil",
        "credentials",
        "obfuscation",
        "provenance",
    ]
    assert second.policy_result is not None
    assert second.policy_result.result == "pass"
    assert second.duration_ms


@pytest.mark.parametrize("kind", ["folder", "tgz", "whl"])
async def test_what_lies_on_this_machine_is_scanned(
    kind: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder or an archive, by its path; name and version are those of its manifest."""
    if kind == "folder":
        path = folder(tmp_path / "box", package(EVIL, **HOOKED))
    elif kind == "tgz":
        path = tmp_path / "a-box-1.2.3.tgz"
        path.write_bytes(npm_archive(package(EVIL, **HOOKED)))
    else:
        path = tmp_path / "a_box-1.2.3-py3-none-any.whl"
        path.write_bytes(wheel_archive("a-box", "1.2.3", {"a_box/__init__.py": "size = len\n"}))
    code = await scan(settings, path, written=Format.JSON)
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["target"], found["ecosystem"]) == (f"file:{path}", "file")
    assert (found["package_name"], found["package_version"]) == ("a-box", "1.2.3")
    assert (code, found["score"] > 24) == ((0, False) if kind == "whl" else (1, True))


@pytest.mark.parametrize("target", ["npm:clean-box@1.0.0", "{folder}", "{wheel}"])
async def test_a_known_threat_fails_however_clean_it_looks(
    target: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under whichever policy, for the versions it names; what lies here is known by its manifest, however spelled."""
    settings.prepare_folders()
    database = Database(settings.database)
    await database.migrate()
    fields = {"threat_type": "malicious_package", "severity": Severity.CRITICAL, "description": "x", "source": "osv"}
    fields |= {"package_name": "clean-box", "versions": ("<1.1.0",)}  # type: ignore[dict-item] # of several types
    known = [Threat(id=f"MAL-2099-{place}", ecosystem=name, **fields) for place, name in enumerate(("npm", "pypi"))]  # type: ignore[arg-type] # as msgspec takes them
    await ThreatRecords(database).replace({threat.id: [threat] for threat in known})
    await database.close()
    path = folder(tmp_path / "box", package(CLEAN, name="clean-box", version="1.0.0"))
    wheel = tmp_path / "Clean_Box-1.0.0-py3-none-any.whl"
    wheel.write_bytes(wheel_archive("Clean_Box", "1.0.0", {"clean_box/__init__.py": "size = len\n"}))
    assert await scan(settings, target.format(folder=path, wheel=wheel), policy="permissive") == 1
    assert f"KNOWN THREAT  MAL-2099-{int('wheel' in target)}" in capsys.readouterr().out
    assert await scan(settings, "npm:clean-box@1.1.0", policy="permissive") == 0


@pytest.mark.parametrize("written", list(Format))
async def test_a_path_that_is_no_text_is_told_before_anything_is_scanned(
    written: Format, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No document could hold it: the results of all other targets would be lost with it."""
    odd = folder(tmp_path / "odd\udcff", package(CLEAN))
    with pytest.raises(CommandFailed, match=r"odd\\udcff' is no UTF-8 text"):
        await scan(settings, "npm:clean-box@1.0.0", odd, written=written)
    assert capsys.readouterr().out == ""


async def test_a_scan_makes_no_store(settings: Settings) -> None:
    """Where nothing was imported nothing is known, and nothing is left behind."""
    await scan(settings, "npm:clean-box@1.0.0")
    assert not settings.data_dir.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ours.json", '{"name": "ours", "blocked_packages": ["npm:a-b*@>=1 <2"]}'),
        ("ours.yaml", "name: ours\nblocked_packages:\n  - npm:a-box@1.2.3\n"),
        ("ours.yml", "name: ours\nallowed_packages: ['npm:other']\n"),
    ],
)
async def test_a_policy_comes_from_a_file(
    name: str, text: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its patterns hold for a folder's package, too."""
    (tmp_path / name).write_text(text)
    box = folder(tmp_path / "box", package(CLEAN))
    assert await scan(settings, box, policy=str(tmp_path / name)) == 1
    assert "fails the policy ours" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("lax", None, "there is no policy '.*lax': name one of default, strict, permissive"),
        ("missing.json", None, "missing.json can't be read"),
        ("bad.json", '{"name": "x", "max_scores": 1}', "holds no policy: .*max_scores"),
        ("bad.yaml", "name: [", "holds no policy"),
        ("bad.yml", "max_score: high\nname: x", "holds no policy: .*max_score"),
    ],
)
def test_a_policy_that_is_none_is_told(name: str, text: str | None, told: str, tmp_path: Path) -> None:
    """With what is wrong with it."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(CommandFailed, match=told):
        read_policy(str(tmp_path / name))


async def test_a_document_goes_to_a_file_and_the_report_is_shown(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that a pipeline's log shows why it failed."""
    output = tmp_path / "found.sarif"
    await scan(settings, "npm:evil-box@6.6.6", written=Format.SARIF, output=output)
    results = json.loads(output.read_bytes())["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert "npm/evil-box%406.6.6/setup.js" in places
    assert "CRITICAL_RISK" in capsys.readouterr().out


async def test_the_report_goes_to_a_file_as_plain_text(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output stays empty."""
    output = tmp_path / "report.txt"
    await scan(settings, "npm:evil-box@6.6.6", output=output)
    assert "npm:evil-box@6.6.6  CRITICAL_RISK" in output.read_text()
    assert "\x1b" not in output.read_text()
    assert not capsys.readouterr().out


async def test_a_file_that_cannot_be_written_is_told_before_anything_is_scanned(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits for a scan whose result is lost."""
    with pytest.raises(CommandFailed, match=r"can't be written .*--output"):
        await scan(settings, "npm:clean-box@1.0.0", output=tmp_path / "no" / "folder")
    assert not capsys.readouterr().err


def test_the_command_ends_with_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the words of the command line to the code; what can't begin is 2, as 1 is a judgement."""
    monkeypatch.setenv("TRIGRAPH_DATA_DIR", str(tmp_path / "data"))
    good, bad = folder(tmp_path / "good", package(CLEAN)), folder(tmp_path / "bad", package(EVIL, **HOOKED))
    commands = (["scan", str(good)], ["scan", str(bad), "--json"], ["scan", str(good), "--policy", "lax"])
    codes = []
    for command in commands:
        with pytest.raises(SystemExit) as ending:
            main(command)
        codes.append(ending.value.code)
    assert codes == [0, 1, 2]
    assert "trigraph: there is no policy 'lax'" in capsys.readouterr().err


async def test_a_report_in_a_pipe_breaks_no_line(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no terminal has no width: a sentence stays in one piece, for logs and for grep."""
    monkeypatch.delenv("COLUMNS")
    assert await scan(settings, "npm:no-such-box@1.0.0") == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("npm:no-such-box@1.0.0  could not be scanned: ")
    assert len(lines[0]) > 80


def test_a_registry_that_is_no_address_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the code of what could not be scanned, as 1 says that a package fails."""
    monkeypatch.setenv("TRIGRAPH_NPM_REGISTRY", "nowhere")
    with pytest.raises(SystemExit) as ended:
        main(["scan", "npm:clean-box", "--data-dir", str(tmp_path)])
    assert ended.value.code == 2
    assert "trigraph: TRIGRAPH_NPM_REGISTRY holds no http or https address" in capsys.readouterr().err
