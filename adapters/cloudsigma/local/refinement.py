"""Makes a detection specific: what a report names becomes values that the detection also looks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from adapters.cloudsigma.local.detections.catalogue import Detection, Kind, Refinement
from adapters.cloudsigma.local.material import Observables
from adapters.cloudsigma.local.observables import CLOUD_API, WINDOWS_API
from adapters.cloudsigma.local.sigma_rule import Selection, Value, literal

_MOST_VALUES = 8
_LONGEST_VALUE = 120
_FEWEST_WORDS = 2
_PLACEHOLDER = re.compile(r"[<>\[\]{}\u2026*?\"'\u201c\u201d]|%\w{1,2}(?!\w)|\.{3}|REDACTED|(?:XX|xx){1,8}", re.ASCII)
_FOLDER_OF_A_USER = re.compile(r"^(?:[A-Z]:)?\\Users\\(?!Public\\)[^\\]{1,60}(?=\\)", re.IGNORECASE)
_ENVIRONMENT = {
    "%APPDATA%": "\\AppData\\Roaming",
    "%LOCALAPPDATA%": "\\AppData\\Local",
    "%TEMP%": "\\AppData\\Local\\Temp",
    "%TMP%": "\\AppData\\Local\\Temp",
    "%PROGRAMDATA%": "\\ProgramData",
    "%ALLUSERSPROFILE%": "\\ProgramData",
    "%PUBLIC%": "\\Users\\Public",
    "%WINDIR%": "\\Windows",
    "%SYSTEMROOT%": "\\Windows",
    "%PROGRAMFILES%": "\\Program Files",
}
_EVERYWHERE = re.compile(
    r"(?:cmd|powershell|powershell_ise|pwsh|conhost|explorer|svchost|lsass|services|winlogon|csrss|smss|wininit|spoolsv"
    r"|taskhostw?|dllhost|runtimebroker|rundll32|regsvr32|mshta|[cw]script|wmic|wmiprvse|certutil|bitsadmin|schtasks|net1?"
    r"|reg|sc|ping|ipconfig|whoami|tasklist|taskkill|systeminfo|netstat|netsh|nltest|nslookup|hostname|quser|query|arp"
    r"|route|find|findstr|xcopy|robocopy|attrib|icacls|cacls|vssadmin|wevtutil|bcdedit|wbadmin|msiexec|msbuild|installutil"
    r"|regasm|regsvcs|csc|vbc|curl|wget|ftp|tar|notepad|calc|mspaint|winword|excel|powerpnt|outlook|iexplore|chrome|firefox"
    r"|msedge|acrord32|java|javaw|python|pythonw|node|w3wp|sqlservr|mmc|mstsc|control|userinit|logonui|fodhelper|dwm"
    r"|regedit|at|driverquery|esentutl|forfiles|werfault|wusa|makecab|expand|cleanmgr|searchindexer|msdtc|lsm|ntdsutil"
    r"|odbcconf|cmstp|setup|install|installer|update|updater|psexe(?:c|c64|svc)|procdump(?:64)?|computerdefaults|wsreset"
    r"|cvtres|caspol|ilasm|repadmin|sqlcmd|textinputhost|trustedinstaller|winver|diskpart|googleupdate|driver|firewall"
    r"|aspnet_compiler|ie4uinit|ielowutil|ieinstal|wermgr|sethc|osk|taskmgr|svchosts?|onedrive|teams)\.exe",
    re.IGNORECASE,
)
_GENERIC_KEY = re.compile(
    r"\\(?:Run|RunOnce|Services|CurrentVersion|Windows|Windows NT|Microsoft|Policies|Software|System|CurrentControlSet"
    r"|Control|Classes|CLSID|Uninstall|Winlogon|Explorer|SAM|Security|Lsa|Wow6432Node|Internet Settings|Terminal Server"
    r"|Image File Execution Options)$",
    re.IGNORECASE,
)
_INTERPRETER = re.compile(
    r"(?:.*\\)?(?:cmd|powershell|pwsh|rundll32|regsvr32|mshta|certutil|msiexec|taskkill|sc|reg|ping|bitsadmin|bcdedit|[cw]script)"
    r"(?:\.exe)?",
    re.IGNORECASE,
)
_UNIX_COMMAND = re.compile(
    r"(?:chmod|crontab|iptables|systemctl|base64|chattr|useradd|usermod|ssh-keygen|insmod|nohup|kubectl|docker|nc|aws)\s"
)
_SOURCE_CODE = (".pdb", ".cpp", ".c", ".h", ".inl", ".cs", ".go", ".rs")
_SYSTEM_FOLDERS = ("\\windows\\system32\\", "\\windows\\syswow64\\", "\\program files")
_SHARED_FOLDERS = ("\\programdata\\", "\\users\\public\\", "\\perflogs\\", "\\appdata\\local\\temp\\")
_USUAL_UNIX_PATH = re.compile(
    r"/(?:bin|sbin|usr/s?bin|dev|proc|sys|Library|Users|Applications)/.*|/(?:usr/)?lib/systemd/system|/usr/lib(?:64)?"
    r"|/etc/(?:passwd|shadow|hosts|resolv\.conf|crontab|cron\.\w+|systemd/system|init\.d|profile\.d)|/var/(?:log|tmp|www)"
)


class Refined(msgspec.Struct, frozen=True, kw_only=True):
    """A detection's selections and condition with the report's values in; `named` lists these values."""

    selections: dict[str, Selection]
    condition: str
    named: tuple[str, ...] = ()


def refined(detection: Detection, observables: Observables) -> Refined:
    """Widen the detection by what the report names and is rare enough to be looked for by itself."""
    reported: dict[str, Selection] = {}
    named: list[str] = []
    for refinement in detection.refine:
        values = _values(refinement, observables)
        if values:
            reported[f"reported_{refinement.observable}"] = _selection(refinement, values)
            named += values
    if not reported:
        return Refined(selections=detection.selections, condition=detection.condition)
    any_reported = "1 of reported_*" if len(reported) > 1 else next(iter(reported))
    return Refined(
        selections={**detection.selections, **reported},
        condition=f"({detection.condition}) or {any_reported}",
        named=tuple(named),
    )


def _selection(refinement: Refinement, values: list[str]) -> Selection:
    selection: dict[str, Value] = dict(refinement.within)
    selection[refinement.field] = [literal(value) for value in values]
    return selection


def _values(refinement: Refinement, observables: Observables) -> list[str]:
    found, fitted = _SOURCES[refinement.observable]
    distinct: dict[str, str] = {}
    for value in (fitted(candidate) for candidate in found(observables)):
        if value and len(value) <= _LONGEST_VALUE:
            distinct.setdefault(value.lower(), value)
    return list(distinct.values())[:_MOST_VALUES]


def _process(name: str) -> str | None:
    rare = name.lower().endswith(".exe") and not _EVERYWHERE.fullmatch(name) and len(name) > len("abc.exe")
    return f"\\{name}" if rare else None


def _command(command: str) -> str | None:
    placeholder = _PLACEHOLDER.search(command)
    kept = command[: placeholder.start()].rstrip() if placeholder else command
    words = kept.split()
    if len(words) < _FEWEST_WORDS or kept.endswith("\\") or _UNIX_COMMAND.match(kept):
        return None
    says_what = len(words) > _FEWEST_WORDS + 1 or any(sign in word for word in words[1:] for sign in "\\.,=")
    has_option = len(words) > _FEWEST_WORDS or words[1].startswith(("/", "-"))
    specific = says_what if _INTERPRETER.fullmatch(words[0]) else has_option
    return kept if specific else None


def _windows_path(path: str) -> str | None:
    for variable, folder in _ENVIRONMENT.items():
        if path.upper().startswith(variable):
            path = folder + path[len(variable) :]
    path = _FOLDER_OF_A_USER.sub("", path)
    tail = path[2:] if path[1:2] == ":" else path
    if _PLACEHOLDER.search(tail) or not tail.startswith("\\") or tail.startswith("\\\\"):
        return None
    name = tail.rpartition("\\")[2]
    rare_place = tail.lower().startswith(_SHARED_FOLDERS) or not _EVERYWHERE.fullmatch(name)
    rare_name = tail.count("\\") > 1 or len(name) > len("abcd.exe")
    is_file = 0 < name.rfind(".") < len(name) - 1 and not name.lower().endswith(_SOURCE_CODE)
    return tail if is_file and rare_place and rare_name and not tail.lower().startswith(_SYSTEM_FOLDERS) else None


def _unix_path(path: str) -> str | None:
    named = path.startswith("/") and path.count("/") > 1
    return path if named and not _USUAL_UNIX_PATH.fullmatch(path) and not _PLACEHOLDER.search(path) else None


def _registry_key(key: str) -> str | None:
    below_hive = key[key.find("\\") :] if "\\" in key else ""
    rare = below_hive.count("\\") > 1 and not _GENERIC_KEY.search(below_hive) and not _PLACEHOLDER.search(below_hive)
    return below_hive if rare else None


def _windows_api(call: str) -> str | None:
    return call if WINDOWS_API.fullmatch(call) else None


def _cloud_api(call: str) -> str | None:
    return call.rpartition(":")[2] if CLOUD_API.fullmatch(call) else None


_SOURCES: dict[Kind, tuple[Callable[[Observables], Iterable[str]], Callable[[str], str | None]]] = {
    "processes": (lambda found: found.processes, _process),
    "commands": (lambda found: found.commands, _command),
    "windows_paths": (lambda found: found.paths, _windows_path),
    "unix_paths": (lambda found: found.paths, _unix_path),
    "registry_keys": (lambda found: found.registry_keys, _registry_key),
    "windows_api": (lambda found: found.api_calls, _windows_api),
    "cloud_api": (lambda found: found.api_calls, _cloud_api),
}
