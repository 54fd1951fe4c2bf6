"""What is picked out of sentences, and what is left alone."""

from __future__ import annotations

import pytest

from adapters.cloudsigma.local.material import Observables
from adapters.cloudsigma.local.observables import observables


def test_prose_names_nothing() -> None:
    """A sentence without anything that a log would show gives nothing."""
    assert observables(["The actors sent mails to and/or called employees, i.e. the staff, at 10:30."]) == Observables()


def test_processes_are_named_with_and_without_extension() -> None:
    """A process is found by its .exe name, and a well-known Windows tool by its bare name, in order and once."""
    found = observables(["Certutil fetched Evil-Loader.exe, then evil-loader.exe ran rundll32.", "certutil.exe again"])
    assert found.processes == ("certutil.exe", "evil-loader.exe", "rundll32.exe")


def test_command_line_ends_where_prose_goes_on() -> None:
    """A command line keeps its arguments, quoted ones too, and none of the sentence around it."""
    found = observables(
        ['The actor ran net group "Domain Admins" /domain and vssadmin delete shadows /all /quiet to wipe.']
    )
    assert found.commands == ('net group "Domain Admins" /domain', "vssadmin delete shadows /all /quiet")


def test_quoted_command_line_is_taken_whole() -> None:
    """What stands between quotation marks or backticks is the command line."""
    found = observables(["They executed `cmd.exe /c whoami` and “schtasks /create /tn Java Update /sc onlogon”."])
    assert found.commands == ("cmd.exe /c whoami", "schtasks /create /tn Java Update /sc onlogon")


def test_paths_of_windows_and_unix() -> None:
    """Paths with a drive, a variable or a share, and those below the usual Unix folders, are found."""
    found = observables(
        [
            r"Dropped to %APPDATA%\Foo\b.dll, C:\Program Files (x86)\Bar\c.exe and \\srv01\ADMIN$\d.exe.",
            "See /etc/cron.d/x.",
        ]
    )
    assert found.paths == (
        r"%APPDATA%\Foo\b.dll",
        r"C:\Program Files (x86)\Bar\c.exe",
        r"\\srv01\ADMIN$\d.exe",
        "/etc/cron.d/x",
    )


@pytest.mark.parametrize("url", ["http://x.test/usr/bin/a.exe", "hxxps://x[.]test/tmp/b.sh", "hxxp[:]//x.test/etc/c"])
def test_parts_of_urls_are_not_paths(url: str) -> None:
    """The path of a URL, defanged or not, is neither a file nor a process on a host."""
    assert observables([f"It downloads {url} first."]) == Observables()


def test_domain_and_version_are_no_process() -> None:
    """A host name that goes on after .exe and a version number are not processes."""
    assert observables(["It contacts cdn.exe.example.com with version 2.1.0."]).processes == ()


def test_registry_keys_end_at_prose() -> None:
    """A key may hold the spaces that Windows' own keys have, but not the words after it."""
    found = observables(
        [r"Sets HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon and HKEY_CURRENT_USER\Software\Foo\Bar."]
    )
    assert found.registry_keys == (
        r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
        r"HKEY_CURRENT_USER\Software\Foo\Bar",
    )


def test_calls_of_windows_and_clouds() -> None:
    """Windows functions and calls of cloud services are found in the order of the text."""
    found = observables(
        ["After ConsoleLogin it used iam:CreateAccessKey; the loader calls VirtualAllocEx, NtMapViewOfSection."]
    )
    assert found.api_calls == ("ConsoleLogin", "iam:CreateAccessKey", "VirtualAllocEx", "NtMapViewOfSection")


def test_number_of_values_is_bounded() -> None:
    """No kind has more than twenty values, however many a report lists."""
    assert len(observables([f"Ran tool{number}.exe." for number in range(50)]).processes) == 20


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 60_000, "a." * 30_000 + "exe", "/usr" + "/a" * 30_000, "%A" * 30_000, '"' * 60_000, "cmd /c " * 9_000),
        *("C:\\" + "a\\" * 30_000, "HKLM" + "\\a b" * 15_000, "HKLM" + "\\Windows NT" * 6_000, "net user " * 7_000),
    ],
)
def test_hostile_text_stays_within_bounds(text: str) -> None:
    """Text that is made to send regular expressions backtracking is answered, with bounded values."""
    found = observables([text])
    assert all(len(value) <= 1_500 for value in (*found.processes, *found.commands, *found.paths, *found.registry_keys))


def test_a_cited_technique_is_no_part_of_a_command() -> None:
    """An id in brackets behind a command line is the report's, not the command's."""
    found = observables([r"It ran rundll32.exe C:\ProgramData\lt.dll,Start (T1218.011) and beaconed home."])
    assert found.commands == (r"rundll32.exe C:\ProgramData\lt.dll,Start",)
