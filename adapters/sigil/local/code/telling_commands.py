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
    LOAD_LIBRARY = "load_library"  # rundll32 or regsvr32 with a library that is not the system's
    TAKE_OVER = "take_over"  # makes a user or an administrator, hands a container the whole disk
    HUNT = "hunt"  # goes through a disk, or the memory of others, for secrets
    LET_LOOSE = "let_loose"  # has an assistant act without asking anybody


_FETCH = r"(?:curl|wget|fetch|Invoke-WebRequest|iwr|irm|Invoke-RestMethod|certutil|bitsadmin|Start-BitsTransfer)"
_SHELL = (
    r"(?:(?:/usr)?/bin/)?(?:env\s+)?(?:sudo\s+)?(?:ba|z|da|k|a)?sh|python[\d.]*|perl"
    r"|ruby|node|php|iex|Invoke-Expression|pwsh|powershell"
)
_SYSTEM_LIBRARIES = (
    r"[\"']?(?:[A-Za-z]:\\(?:Windows\\)?|%\w+%\\)?(?:System32\\)?"
    r"(?:user32|shell32|url|advpack|kernel32|printui|powrprof|setupapi|ieframe|inetcpl|dfshim|shimgvw|keymgr)\b"
)
_COMMANDS = (
    (
        Command.CONNECT_BACK,
        (
            r"/dev/(?:tcp|udp)/|\b(?:nc|ncat|netcat)(?:\.exe)?\s[^|;&]*(?:-[a-z]*[ec]\b|--(?:exec|sh-exec))|\bmkfifo\b.*\bnc\b"
            r"|\bsocat\b.*\bexec:|\bbash\s+-i\b.*>&|New-Object\s+(?:System\.)?Net\.Sockets\.TCPClient|socket\.socket\(.*subprocess"
            r"|pty\.spawn|\A(?=.*\bperl\b)(?=.*\bsocket\()(?=.*\bexec\b)|\A(?=.*\bruby\b)(?=.*\bTCPSocket)(?=.*(?:exec|popen|spawn))"
            r"|\A(?=.*\bphp\b)(?=.*\bfsockopen\()(?=.*(?:exec|popen|proc_open))"
            r"|\A(?=.*\bpython)(?=.*\bsocket\b)(?=.*\bconnect\()(?=.*(?:dup2|subprocess|/bin/(?:ba)?sh))"
            r"|\A(?=.*\blua)(?=.*\bsocket\b)(?=.*(?:popen|os\.execute))|\b(?:telnet|openssl\s+s_client)\s[^|;&]*\|\s*(?:/bin/)?(?:ba)?sh\b"
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
            rf"|\b{_FETCH}\b.{{0,1200}}(?:&&?|;|\n)\s*(?:chmod\s+\S*(?:x|7\d\d)|(?:{_SHELL})\s+\S|start\s|\./"
            r"|Start-Process\b|saps\s|Invoke-Item\b|&\s*[\"'$])|\bmshta(?:\.exe)?\s+[\"']?https?:"
            r"|regsvr32.*https?:|rundll32.*https?:|DownloadFile\(.*(?:Start-Process|Invoke-Item)|\b(?:npx|bunx)\s+(?:-y\s+)?https?:"
            r"|python[\d.]*\s+-c\s.*urlopen.*exec|node\s+-e\s.*https?\b.*eval"
            r"|\b(?:pip3?|uv|npm|pnpm|yarn|bun)\s+(?:pip\s+)?(?:install|i|add)\s(?:[^|;&]{0,300}\s)?[\"']?(?:git\+)?https?://"
            r"(?!(?:[\w-]+\.)*(?:github|gitlab|bitbucket|pythonhosted|npmjs|pytorch)\.(?:com|org)/)[^\s|;&]+\.(?:tgz|tar\.gz|zip|whl|git)\b"
            r"|(?:MSXML2\.\w*XMLHTTP|WinHttp\.WinHttpRequest).*(?:\bExecute(?:Global)?\b|\.SaveToFile.*\.Run\b|\bShellExecute\b)"
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
    (
        Command.LOAD_LIBRARY,
        rf"\b(?:rundll32|regsvr32)(?:\.exe)?[\"']?\s+(?:/\w\S*\s+)*(?!{_SYSTEM_LIBRARIES})[\"']?\S*[\w…}}][^|;&]*",
    ),
    (
        Command.TAKE_OVER,
        (
            r"\b(?:useradd|adduser)\s+\S|\busermod\s.*\b(?:sudo|wheel|docker|root)\b|\bnet\s+user\s+\S+\s.*/add\b"
            r"|\bnet\s+localgroup\s+administrators\s.*/add\b|\bdocker\s+run\b[^|;&]*\s-(?:v|-volume)[\s=]+/:/"
        ),
    ),
    (
        Command.HUNT,
        (
            r"\b(?:trufflehog|gitleaks|noseyparker|kingfisher|detect-secrets|lazagne|mimikatz)(?:\.exe)?[\"']?\s+\w"
            r"|\bRunner\.(?:Worker|Listener)\b|isSecret\W{1,8}true|/proc/[^/\s]{1,40}/mem\b|\bcomsvcs\S*[\s,]+MiniDump|\bprocdump\S*\s.*lsass"
        ),
    ),
    (
        Command.LET_LOOSE,
        (
            r"\b(?:claude|gemini|codex|qwen|q|kiro-cli|cursor-agent|aider|copilot|opencode|amp|droid)(?:\.exe|\.cmd)?[\"']?\s(?:.{0,900}\s)?[\"']?"
            r"(?:--dangerously-(?:skip-permissions|bypass-approvals-and-sandbox|allow-all)|--yolo|--full-auto|--trust-all-tools|--allow-all-tools"
            r"|--yes-always|--force-allow-all)\b"
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
    r"|\b(?:New|Set)-ItemProperty\b[^|]*CurrentVersion[\\]+Run|\bRegWrite\b.{0,60}CurrentVersion[\\]+Run"
    r"|>>?\s*~?[^|;&]*\.(?:bashrc|zshrc|profile|bash_profile)\b"
    r"|\bsetx\s+(?:/m\s+)?(?:NODE_OPTIONS|PYTHONSTARTUP|PYTHONPATH|COR_PROFILER\w*)\b"
    r"|\bgit\s+config\s+--(?:global|system)\s+(?:core\.(?:hooksPath|sshCommand|fsmonitor)|init\.templateDir|credential\.helper\s+\S*/)"
    r"|\bgit\s+config\s+(?:--\S+\s+)*--(?:global|system)\s+(?:--\S+\s+)*alias\.\S+\s+[\"']*![^\n]*"
    r"(?:\b(?:ba|z|da)?sh\s|>\s*/dev/null|\b(?:curl|wget|nc|node|python3?|base64|eval)\s)",
    re.IGNORECASE,
)


def startup_command(command: str) -> bool:
    """Whether a command line makes something start by itself: cron, systemd, launchd, scheduled tasks, Run keys."""
    return bool(_STARTUP_COMMAND.search(command))


_PACKAGE_COMMAND = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)\s+(?:publish|version|token|adduser|login|whoami|access|owner)\b|\btwine\s+upload\b"
    r"|\b(?:npm|pnpm|yarn)\s+(?:config\s+)?set\s+(?:-\S+\s+)*(?:\S+:)?(?:registry|script-shell)\b"
    r"|\bpip3?\s+config\s+(?:-\S+\s+)*set\s+\S*(?:index-url|trusted-host)\b"
    r"|\bgit\s+(?:push|remote\s+add)\b|\bgh\s+(?:repo\s+create|secret|auth\s+token|api)\b|\bpip3?\s+install\s+(?!-[er]\b)\S",
    re.IGNORECASE,
)


def package_command(command: str) -> bool:
    """Whether a command line publishes or changes packages or repositories, or asks for the means to."""
    return bool(_PACKAGE_COMMAND.search(command))


_CLIPBOARD_READ = re.compile(r"\b(?:pbpaste|Get-Clipboard|xclip\s.*-o|xsel\s.*-o|wl-paste)\b", re.IGNORECASE)
_CLIPBOARD_WRITTEN = re.compile(
    r"\b(?:pbcopy|Set-Clipboard|wl-copy)\b|\|\s*(?:clip(?:\.exe)?|xclip|xsel)\b(?!.*\s-o)", re.IGNORECASE
)


def reads_clipboard(command: str) -> bool:
    """Whether a command line prints what lies on the clipboard."""
    return bool(_CLIPBOARD_READ.search(command))


def writes_clipboard(command: str) -> bool:
    """Whether a command line puts something on the clipboard."""
    return bool(_CLIPBOARD_WRITTEN.search(command))


_MINES = re.compile(
    r"\bstratum\+\w{3}://|\A(?=.*\s(?:-o|--url|--pool)[\s=]+\S)(?=.*\s--(?:rig-id|donate-level|randomx-\w+|nicehash"
    r"|cpu-max-threads-hint|coin)\b)|\A(?=.*\s-o\s+[\w.-]+:\d{2,5}\b)(?=.*\s(?:-u|--user)\s)(?=.*\s(?:-p|--pass)\s)",
    re.DOTALL,
)


def mines(command: str) -> bool:
    """Whether a command line hands a program a pool and a wallet, as miners want it."""
    return bool(_MINES.search(command[:_COMMAND_LIMIT]))


_ARCHIVER = re.compile(r"^\s*(?:sudo\s+)?(?:zip|tar|7z|rar)\s")
_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|gz|bz2|xz|7z|rar)$")


def archived(command: str) -> tuple[str, tuple[str, ...]]:
    """Tell which archive a command line makes, empty if none, and what it puts there."""
    if not _ARCHIVER.match(command):
        return "", ()
    words = [word.strip("'\"") for word in command[:_COMMAND_LIMIT].split()[1:] if not word.startswith("-")]
    made = next((word for word in words if _ARCHIVE.search(word)), "")
    return made, tuple(word for word in words if word != made)
