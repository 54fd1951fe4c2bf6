"""Which of a report's observables widen a detection, and how."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.cloudsigma.local.detections.catalogue import Detection, Kind, Refinement
from adapters.cloudsigma.local.material import Observables
from adapters.cloudsigma.local.refinement import refined
from adapters.cloudsigma.local.sigma_rule import LogSource
from adapters.cloudsigma.models import Platform


def detection(*refine: Refinement) -> Detection:
    return Detection(
        technique_id="T1059",
        also=(),
        for_subtechniques=True,
        platform=Platform.WINDOWS_SYSMON,
        title="Something Seen",
        description="Something was seen.",
        logsource=LogSource(product="windows", category="process_creation"),
        selections={"selection": {"Image": "x"}, "filter_main_y": {"Image": "y"}},
        condition="selection and not 1 of filter_main_*",
        level="medium",
        falsepositives=("Unknown",),
        refine=refine,
        date=dt.date(2026, 11, 22),
    )


def values(kind: Kind, observables: Observables) -> list[str]:
    """Return what the observables become in the field that the refinement names."""
    selections = refined(detection(Refinement(observable=kind, field="Field")), observables).selections
    selection = selections.get(f"reported_{kind}", {})
    assert isinstance(selection, dict)
    found: list[str] = selection.get("Field", [])
    return found


def test_nothing_named_leaves_the_detection_alone() -> None:
    """Without a fitting observable selections and condition stay as the catalogue has them."""
    unchanged = refined(detection(Refinement(observable="processes", field="Image|endswith")), Observables())
    assert (unchanged.condition, unchanged.named) == ("selection and not 1 of filter_main_*", ())
    assert set(unchanged.selections) == {"selection", "filter_main_y"}


def test_one_kind_widens_the_condition() -> None:
    """A named process is looked for besides the generic pattern, within what the refinement asks for."""
    one = Refinement(observable="processes", field="Image|endswith", within={"EventID": 1})
    result = refined(detection(one), Observables(processes=("evil.exe",)))
    assert result.condition == "(selection and not 1 of filter_main_*) or reported_processes"
    assert result.selections["reported_processes"] == {"EventID": 1, "Image|endswith": [r"\evil.exe"]}
    assert result.named == (r"\evil.exe",)


def test_several_kinds_are_alternatives() -> None:
    """With two kinds of observables either of them is enough."""
    two = (Refinement(observable="processes", field="A"), Refinement(observable="commands", field="B"))
    result = refined(detection(*two), Observables(processes=("evil.exe",), commands=("nltest /domain_trusts",)))
    assert result.condition.endswith(") or 1 of reported_*")


@pytest.mark.parametrize("name", ["svchost.exe", "cmd.exe", "PowerShell.exe", "certutil.exe", "a.exe"])
def test_usual_processes_are_not_looked_for(name: str) -> None:
    """The name of a program that runs on every host, or one too short, would match everywhere."""
    assert values("processes", Observables(processes=(name,))) == []


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("nltest /domain_trusts", ["nltest /domain_trusts"]),
        ("cmd /c", []),
        ("reg add", []),
        ("net user", []),
        ("net user <name> /add", []),
        (r"schtasks /create /tn Upd /tr C:\p.exe", [r"schtasks /create /tn Upd /tr C:\p.exe"]),
        ("chmod +x /tmp/a", []),
    ],
)
def test_only_specific_commands_are_looked_for(command: str, kept: list[str]) -> None:
    """A command is kept when it says enough, cut before a placeholder, and left out when it is for another system."""
    assert values("commands", Observables(commands=(command,))) == kept


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (r"%APPDATA%\Foo\b.dll", [r"\AppData\Roaming\Foo\b.dll"]),
        (r"C:\Users\joe\AppData\Local\Temp\x1.dll", [r"\AppData\Local\Temp\x1.dll"]),
        (r"C:\ProgramData\svchost.exe", [r"\ProgramData\svchost.exe"]),
        (r"C:\Windows\System32\cmd.exe", []),
        (r"C:\Windows\explorer.exe", []),
        (r"C:\ProgramData\Foo", []),
        (r"C:\Users\<user>\x.txt", []),
        (r"D:\src\a\b.pdb", []),
        ("/tmp/a", []),
    ],
)
def test_windows_paths_are_made_to_fit_every_host(path: str, kept: list[str]) -> None:
    """Drive, variable and user are taken off; folders, system files, source code and Unix paths are left out."""
    assert values("windows_paths", Observables(paths=(path,))) == kept


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/tmp/.x/kins", ["/tmp/.x/kins"]), ("/usr/bin/curl", []), ("/etc/passwd", []), (r"C:\a\b.exe", [])],
)
def test_unix_paths_without_the_usual_ones(path: str, kept: list[str]) -> None:
    """A path that every Linux host has is not looked for."""
    assert values("unix_paths", Observables(paths=(path,))) == kept


def test_registry_keys_lose_their_hive() -> None:
    """A key is looked for below any hive, but a key that everything touches is not."""
    keys = (r"HKCU\Software\Foo\Bar", r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run")
    assert values("registry_keys", Observables(registry_keys=keys)) == [r"\Software\Foo\Bar"]


def test_calls_go_to_the_log_that_shows_them() -> None:
    """A cloud call is looked for by its name without the service, a Windows function not among them."""
    named = Observables(api_calls=("iam:CreateAccessKey", "VirtualAllocEx"))
    assert values("cloud_api", named) == ["CreateAccessKey"]
    assert values("windows_api", named) == ["VirtualAllocEx"]


def test_values_are_few_and_distinct() -> None:
    """At most eight values go into a field, none twice whatever its case."""
    names = ("Evil0.exe", "evil0.exe", *(f"evil{number}.exe" for number in range(1, 20)))
    kept = values("processes", Observables(processes=names))
    assert len(kept) == 8
    assert kept[:2] == [r"\Evil0.exe", r"\evil1.exe"]
