"""Command lines: what those written in code are known to do."""

from __future__ import annotations

import re
from enum import StrEnum


class Command(StrEnum):
    """What a command line is known to do."""

    DOWNLOAD_AND_RUN = "download_and_run"  # curl … | sh, and fetch then execute
    DECODE_AND_RUN = "decode_and_run"  # base64 -d | sh, powershell -enc
    CONNECT_BACK = "connect_back"  # nc -e, bash -i over /dev/tcp
    SEND = "send"  # curl -d, --data, -F, wget --post-…; values in a name that is looked up
    DOWNLOAD = "download"
    HIDDEN = "hidden"  # a window nobody sees, a protection switched off
    DELETE = "delete"  # home, root or a whole disk


_FETCH = r"(?:curl|wget|fetch|Invoke-WebRequest|iwr|irm|Invoke-RestMethod|certutil|bitsadmin|Start-BitsTransfer)"
_SHELL = (
    r"(?:(?:/usr)?/bin/)?(?:env\s+)?(?:sudo\s+)?(?:ba|z|da|k|a)?sh|python[\d.]*|perl"
    r"|ruby|node|php|iex|Invoke-Expression|pwsh|powershell"
)
_COMMANDS = (
    (
        Command.CONNECT_BACK,
        (
            r"/dev/(?:tcp|udp)/|\b(?:nc|ncat|netcat)(?:\.exe)?\s[^|;&]*(?:-[a-z]*[ec]\b|--(?:exec|sh-exec))|\bmkfifo\b.*\bnc\b"
            r"|\bsocat\b.*\bexec:|\bbash\s+-i\b.*>&|New-Object\s+(?:System\.)?Net\.Sockets\.TCPClient|socket\.socket\(.*subprocess"
            r"|pty\.spawn"
        ),
    ),
    (
        Command.DECODE_AND_RUN,
        (
            rf"base64\s+(?:-d|-D|--decode)\b.*\|\s*(?:{_SHELL})\b|(?:{_SHELL})\s*(?:-c\s*)?<?[(\"'`$]+.*base64\s+(?:-d|--decode)"
            r"|powershell[^|;]*\s-e(?:nc?|ncod\w*|c)?\s+[A-Za-z0-9+/=]{12,}|FromBase64String.*(?:iex|Invoke-Expression)"
            r"|(?:iex|Invoke-Expression).*FromBase64String|xxd\s+-r.*\|\s*(?:ba|z)?sh\b|eval\s+[\"`$(]+.*base64"
        ),
    ),
    (
        Command.DOWNLOAD_AND_RUN,
        (
            rf"\b{_FETCH}\b[^|;&]*\|\s*(?:{_SHELL})\b|(?:{_SHELL})\s+(?:-c\s+)?[\"']?(?:<\(|\$\(|`)\s*{_FETCH}\b"
            rf"|\b(?:iex|Invoke-Expression)\b.*(?:DownloadString|\b(?:iwr|irm|curl|wget)\b)|DownloadString.*\|\s*iex"
            rf"|\b{_FETCH}\b.*(?:&&|;|\n)\s*(?:chmod\s+\S*(?:x|7\d\d)|(?:{_SHELL})\s+\S|start\s|\./)|\bmshta(?:\.exe)?\s+[\"']?https?:"
            r"|regsvr32.*https?:|rundll32.*https?:|DownloadFile\(.*(?:Start-Process|Invoke-Item)|\b(?:npx|bunx)\s+(?:-y\s+)?https?:"
            r"|python[\d.]*\s+-c\s.*urlopen.*exec|node\s+-e\s.*https?\b.*eval"
        ),
    ),
    (
        Command.SEND,
        (
            r"\bcurl\b.*\s(?:-d|--data(?:-\w+)?|-F|--form|-T|--upload-file)[\s=@\"'$]|\bwget\b.*--(?:post-(?:data|file)|body-(?:data|file))"
            r"|\b(?:curl|wget)\b.*(?:\$\(|`|\$\{?[A-Z_]{3,})|\b(?:nslookup|dig|host|ping)\b[^|;&]*(?:\$\(|`|\$\{?[A-Z_]{3,}|%[A-Z]+%)"
            r"|\|\s*(?:mailx?|sendmail|mutt|[sm]smtp)\b|\bmailx?\s[^|;&]*<\s*\S"
            r"|Invoke-(?:WebRequest|RestMethod).*-Method\s+[\"']?Post|\|\s*(?:nc|ncat|netcat)\s+\S+\s+\d+|\bscp\s+\S+\s+\S+@\S+:"
        ),
    ),
    (
        Command.HIDDEN,
        (
            r"powershell[^|;]*-(?:w|win|window|windowstyle)\s+h|Set-MpPreference|Add-MpPreference|-ExclusionPath|amsiInitFailed"
            r"|setenforce\s+0|\bcsrutil\s+disable|xattr\s+-[dr]+\s+com\.apple\.quarantine|spctl\s+--master-disable|history\s+-c\b"
        ),
    ),
    (
        Command.DELETE,
        (
            r"\brm\s+-[a-z]*r[a-z]*\s+(?:-\S+\s+)*[\"']?(?:/|~|\$HOME|/\*|\*|%USERPROFILE%)[\"']?/?(?:\s|$|\*)"
            r"|\b(?:del|rd|rmdir)\s+/s\b.*(?:C:\\|%USERPROFILE%|%HOMEPATH%)|\bmkfs\.|\bdd\s+if=\S+\s+of=/dev/[sh]d|cipher\s+/w:|\bshred\s+-\S*u"
        ),
    ),
    (Command.DOWNLOAD, rf"\b{_FETCH}\b.*https?:|DownloadFile\(|DownloadString\("),
)
_COMMAND_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for kind, pattern in _COMMANDS)
_COMMAND_LIMIT = 4096


def command_kinds(command: str) -> tuple[Command, ...]:
    """All that a command line is known to do, the most alarming first; its first 4,096 characters are read."""
    text = command[:_COMMAND_LIMIT]
    return tuple(kind for kind, pattern in _COMMAND_PATTERNS if pattern.search(text))


_STARTUP_COMMAND = re.compile(
    r"\bcrontab\s+(?:-|/|\S+\.)|\|\s*crontab\b|\bsystemctl\s+(?:--user\s+)?enable\b|\blaunchctl\s+(?:load|bootstrap)\b"
    r"|\bschtasks(?:\.exe)?\s+/create|\breg(?:\.exe)?\s+add\s.*(?:Run|Winlogon)|\bRegister-ScheduledTask\b|\bsc(?:\.exe)?\s+create\s"
    r"|>>?\s*~?[^|;&]*\.(?:bashrc|zshrc|profile|bash_profile)\b",
    re.IGNORECASE,
)


def startup_command(command: str) -> bool:
    """Whether a command line makes something start by itself: cron, systemd, launchd, scheduled tasks, Run keys."""
    return bool(_STARTUP_COMMAND.search(command))


_PACKAGE_COMMAND = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)\s+(?:publish|version|token|adduser|login|whoami|access|owner)\b|\btwine\s+upload\b"
    r"|\bgit\s+(?:push|remote\s+add)\b|\bgh\s+(?:repo\s+create|secret|auth\s+token|api)\b|\bpip3?\s+install\s+(?!-[er]\b)\S",
    re.IGNORECASE,
)


def package_command(command: str) -> bool:
    """Whether a command line publishes or changes packages or repositories, or asks for the means to."""
    return bool(_PACKAGE_COMMAND.search(command))


_ARCHIVER = re.compile(r"^\s*(?:sudo\s+)?(?:zip|tar|7z|rar)\s")
_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|gz|bz2|xz|7z|rar)$")


def archived(command: str) -> tuple[str, tuple[str, ...]]:
    """Tell which archive a command line makes, empty if none, and what it puts there."""
    if not _ARCHIVER.match(command):
        return "", ()
    words = [word.strip("'\"") for word in command[:_COMMAND_LIMIT].split()[1:] if not word.startswith("-")]
    made = next((word for word in words if _ARCHIVE.search(word)), "")
    return made, tuple(word for word in words if word != made)
