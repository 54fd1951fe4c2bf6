"""`trigraph detect`: what it takes, what it writes, and how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from adapters.cloudsigma.models import Notice, Output, OutputMetadata, Platform, Rule
from gateway.commands.cli import main
from gateway.commands.detect import _summarise, write_rules
from gateway.commands.failing import CommandFailed

ROOT = Path(__file__).parents[3]
REPORT = """The actors used PowerShell to download a second stage from hxxp://evil-updates[.]com/stage2.exe and started
it with rundll32.exe. They dumped the memory of LSASS with procdump.exe to steal credentials, created a scheduled task
with schtasks.exe /create (T1053.005) for persistence, and exploited CVE-2021-44228 on public servers. Command and
control of the malware went to 185.220.101.45 over HTTPS. [/red] [bold] A threat actor of this campaign encrypts files
for ransom."""


def rule(identifier: str, title: str, platform: Platform | None = Platform.AWS) -> Rule:
    return Rule(id=identifier, title=title, platform=platform, sigma=f"title: {title}\n", queries={"splunk": "a=ä"})


def test_rules_are_written_by_platform_with_their_queries(tmp_path: Path) -> None:
    """Each rule has a file named for its title, each conversion one beside it, and everything is in one JSON file."""
    output = Output(
        rules=(rule("01234567-a", "Root Login, again!"), rule("89abcdef-b", "Known bad address", None)),
        metadata=OutputMetadata(rules_generated=2),
    )
    written = write_rules(output, tmp_path / "new" / "rules")
    folder = tmp_path / "new" / "rules"
    assert written == [folder / "aws/root_login_again_01234567.yml", folder / "any/known_bad_address_89abcdef.yml"]
    assert written[0].read_text(encoding="utf-8") == "title: Root Login, again!\n"
    assert written[0].with_suffix(".splunk.txt").read_text(encoding="utf-8") == "a=ä"
    assert json.loads((folder / "output.json").read_bytes())["metadata"]["rulesGenerated"] == 2


@pytest.mark.parametrize("title", ["../../outside", "/etc/passwd", "a" * 500, "", "\0\n", "Ünïcödé 漢字"])
def test_no_title_leads_out_of_the_folder(title: str, tmp_path: Path) -> None:
    """Whatever a title holds, its file lies in the folder of its platform and has a name that a disk takes."""
    (path,) = write_rules(Output(rules=(rule("01234567-a", title),)), tmp_path)
    assert path.parent == tmp_path / "aws"
    assert path.read_text(encoding="utf-8")
    assert path.name.isascii()


def test_rules_of_one_title_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """The rule's id tells them apart."""
    written = write_rules(Output(rules=(rule("01234567-a", "Same"), rule("89abcdef-b", "Same"))), tmp_path)
    assert len({path.read_text(encoding="utf-8") for path in written}) == 1
    assert len(set(written)) == 2


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With the option that names another."""
    (tmp_path / "file").touch()
    with pytest.raises(CommandFailed, match=r"file \(File exists\): name a folder by --output"):
        write_rules(Output(), tmp_path / "file")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.txt"], "missing.txt can't be read (No such file or directory): give a file, an address or a CVE id"),
        (["CVE-99-1"], "CVE-99-1 can't be read"),
        (["empty.txt"], "ValidationError: The text is empty."),
        (["long.txt"], "InputTooLarge: The text has 250,001 characters"),
        (["damaged.pdf"], "InvalidInputType: The PDF is damaged"),
        (["http://"], "InvalidUrl: 'http://' is not an http or https URL"),
        (["https://user:geheim@reports.example/"], "InvalidUrl: "),
        (["http://169.254.169.254/latest/meta-data"], "InvalidUrl: This URL is not fetched"),
        (["report.txt", "--platform", "atari"], "There is no platform 'atari'; known are aws"),
        (["report.txt", "--siem", "atari"], "There is no SIEM 'atari'; known are splunk"),
        (["report.txt", "--output", "empty.txt"], "rules can't go to empty.txt"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_used_ends_with_a_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit with the code's name and a cure, and no rule is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIGRAPH_DATA_DIR", str(tmp_path / "data"))
    Path("report.txt").write_text(REPORT)
    Path("empty.txt").touch()
    Path("long.txt").write_text("a" * 250_001)
    Path("damaged.pdf").write_bytes(b"%PDF-1.7\nnothing that a reader could use")
    with pytest.raises(SystemExit) as ending:
        main(["detect", *arguments])
    assert str(ending.value.code).startswith("trigraph: ")
    assert said in str(ending.value.code)
    assert "geheim" not in str(ending.value.code)
    assert not list(tmp_path.rglob("*.yml"))


def test_a_report_becomes_rules_on_disk(tmp_path: Path, engine_cache: Path) -> None:
    """The whole way, as a user goes it: a file in, a table on the terminal, rules in a folder, nothing on stdout."""
    report = tmp_path / "report.txt"
    report.write_text(REPORT)
    environment = {
        **os.environ,
        "TRIGRAPH_DATA_DIR": str(tmp_path / "data"),
        "TRIGRAPH_CACHE_DIR": str(engine_cache),
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "gateway", "detect", str(report), "--output", str(tmp_path / "rules")]
    options = ["--platform", "windows-sysmon", "--siem", "splunk"]
    done = subprocess.run([*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "T1053.005" in done.stderr
    written = sorted((tmp_path / "rules" / "windows-sysmon").glob("*.yml"))
    assert len(written) >= 3
    assert all(path.read_text(encoding="utf-8").startswith("title: ") for path in written)
    assert {path.suffixes[-2] for path in written[0].parent.glob("*.txt")} == {".splunk"}
    output = json.loads((tmp_path / "rules" / "output.json").read_bytes())
    assert len(output["rules"]) == len(written)
    assert f"{len(written)} rules from {len(output['ttps'])} techniques" in done.stderr


def test_brackets_in_a_notice_are_shown_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a report holds is text to the terminal, never markup."""
    notice = Notice(code="Odd", message="the field [/red] is [bold]unknown", severity="warning")
    _summarise(Output(pipeline_notices=(notice,)), [], tmp_path / "[red]", Console(stderr=True, width=300))
    shown = capsys.readouterr().err
    assert "warning Odd: the field [/red] is [bold]unknown" in shown
    assert "[red]/" in shown
