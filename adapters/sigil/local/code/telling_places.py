"""Places on a disk: where people keep their files, where code of other programs lies, and names of what is secret."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Secret(StrEnum):
    """What a parameter's name says that it is handed."""

    KEY = "key"  # signs for a wallet or decrypts: it never needs to leave
    PASSWORD = "password"  # noqa: S105 - a kind, no password
    TOKEN = "token"  # noqa: S105 - a kind, no token
    CONFIGURATION = "configuration"  # that of somebody's application, with its keys and passwords


_UNKNOWN = r"(?:…|\{[^{}/\\]*\})"
_HOME = (
    rf"(?:~|(?:{_UNKNOWN}[\\/])?(?:/home|/Users|[A-Za-z]:[\\/]+Users)(?:[\\/]{_UNKNOWN})?|\{{(?:HOME|USERPROFILE)\}})"
)
_OWN_FILES = (
    r"(?:My )?(?:Documents|Desktop|Downloads|Pictures|Photos|Music|Videos|Movies|OneDrive|Dropbox|Projects|repos|work)"
)
_WIDE_ROOT = re.compile(
    rf"(?:(?:{_UNKNOWN}[\\/]+)?{_HOME}?[\\/]*{_OWN_FILES}|{_HOME}|/|[A-Za-z]:[\\/]*|(?:\.\.[\\/]*)+|\.[\\/]*|/mnt|/media|/Volumes"
    rf"|{_HOME}[\\/]+{_UNKNOWN})(?:[\\/]+(?:\*+(?:\.\*|\.{{[^}}]*}}|\.\w+)?|{_UNKNOWN}))*[\\/]*",
    re.IGNORECASE,
)
_NOWHERE = re.compile(rf"(?:{_UNKNOWN}|[\\/.*\s])*")


_OR_ANOTHER = re.compile(r"(?<=\w)…$")


def wide_root(path: str) -> bool:
    """Whether going through this folder reaches a person's own files: home, documents, a disk, the working folder."""
    return bool(_WIDE_ROOT.fullmatch(_OR_ANOTHER.sub("", path.strip())))


_OUTSIDE = re.compile(r"(?:/(?!tmp\b|var/(?:tmp|cache|folders)\b|run\b|dev/shm\b)\w|[A-Za-z]:[\\/])", re.IGNORECASE)


def outside_folder(path: str) -> bool:
    """Whether a folder is fixed and lies outside any package or project: absolute, and not for temporary files."""
    return bool(_OUTSIDE.match(path))


def working_folder(path: str) -> bool:
    """Whether a folder is the one that somebody works in."""
    return path in {".", "./", "{os.getcwd}", "{os.getcwd()}"}


def unknown_root(path: str) -> bool:
    """Whether nothing is known of where a walk through folders begins."""
    return bool(_NOWHERE.fullmatch(path))


MEMORY = "/proc/self/fd/{memory}"
"""The path of a file that is kept in memory alone."""
MACHINE_CODE = "machine code in memory"
"""What is run where memory is mapped so that it may be."""
REMOVED_RUNNING = "removes what it runs"
"""What hides a program whose file is removed as soon as it was started."""
_IN_MEMORY = re.compile(r"\s*(?:exec\s+)?[\"']?/proc/[^/\s]{1,60}/fd/")


def runs_in_memory(command: str) -> bool:
    """Whether the program of a command line has no name on any disk, but only an open descriptor."""
    return bool(_IN_MEMORY.match(command))


_SECRET_PATTERN = re.compile(
    r"tfstate|tfvars|\bkdbx\b|\bjks\b|\bp12\b|\bpfx\b|\bpem\b|\bppk\b|\bovpn\b|id_(?:rsa|dsa|ecdsa|ed25519)|wallet\.dat"
    r"|keystore|UTC--|login\.keychain|mnemonic|git-credentials|service[-_]account|\.(?:env|npmrc|netrc|pypirc)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1_000)
def secret_pattern(pattern: str) -> str:
    """Name the files with secrets that a pattern matches: those that tools read too only alone; empty if none."""
    named = sorted({*_SECRET_PATTERN.findall(pattern.replace("\\", ""))})
    return " ".join([name for name in named if not name.startswith(".")] or named)


_APPLICATIONS = re.compile(
    r"discord_desktop_core|(?:^|[\\/])resources[\\/]+app(?:\.asar)?(?:[\\/]|$)|\.asar$"
    r"|\.(?:vscode(?:-\w+)?|cursor|windsurf)[\\/]+extensions[\\/]"
    r"|(?:Chrome|Chromium|Edge|Brave\S*|User Data|Default)[\\/]+(?:.*[\\/])?Extensions[\\/]"
    r"|(?:^|[\\/])(?:JetBrains|Sublime Text|\.config[\\/]nvim|\.vim)[\\/].*(?:plugins|Packages)[\\/]"
    r"|[\\/]lib[\\/]node_modules[\\/]npm[\\/]|(?:Exodus|Atomic Wallet|Ledger Live)[\\/].*\.(?:js|asar)$",
    re.IGNORECASE,
)
_FOREIGN_MODULE = re.compile(
    r"(?:^|[\\/])(?:node_modules|site-packages|dist-packages)[\\/]+(?![.…{])(@[\w.-]+[\\/]+[\w.-]+|[\w.-]+)(?:[\\/].*)?\.(?:[cm]?js|py)$"
)

_MODULE_FOLDER = re.compile(
    r"\{[^}]*(?:sitepackages|purelib|platlib|site_packages)[^}]*\}[\\/]+([\w-]+)(?:[\\/].*)?\.py$", re.IGNORECASE
)
_MODULE_FILE = re.compile(r"^\{([\w.]+)\.__file__\}$")


def application_code(path: str) -> bool:
    """Whether the code of another program lies at a path: a desktop application, a browser's or editor's extension."""
    return bool(_APPLICATIONS.search(path))


def foreign_module(path: str) -> str:
    """Name the installed package whose code lies at a path; empty where it is no such path."""
    found = _FOREIGN_MODULE.search(path) or _MODULE_FOLDER.search(path) or _MODULE_FILE.search(path)
    return found[1].replace("\\", "/").removesuffix(".py") if found else ""


_POWERFUL_CODE = re.compile(
    r"\brequire\(\s*\\?['\"](?:node:)?(?:https?|child_process|net|fs|electron|dgram)\b|\bfetch\(|XMLHttpRequest"
    r"|sendBeacon|\beval\(|\bWebSocket\(|\bnew Function\(|\bimport\s+(?:os|subprocess|socket|urllib|requests)\b"
    r"|\bexec\(|\burlopen\(|window\.ethereum"
)


def powerful_code(text: str) -> bool:
    """Whether a text is code that talks to others or runs something."""
    return bool(_POWERFUL_CODE.search(text[:20_000]))


_HANDS_OUT = re.compile(rb"[:=,(\[{]\s{0,9}(?:exec|eval)\s{0,9}[,;)\]}\n]")


def hands_out_runner(code: bytes) -> bool:
    """Whether code gives others what runs code, in a table or under another name."""
    return (b"exec" in code or b"eval" in code) and _HANDS_OUT.search(code) is not None


_KEY_NAMES = re.compile(
    r"(?:.*_)?(?:priv(?:ate)?_?key|secret_?key|signing_?key|mnemonics?|seed(?:_?phrase|_?words)?|recovery_?phrase|key_?pair"
    r"|priv_?key|wallet_?(?:key|secret|seed))(?:_\w+|s)?"
)
_PASSWORD_NAMES = re.compile(r"(?:.*_)?(?:password|passwd|passphrase|pass_?word|pwd|master_?pass)(?:_\w+)?")
_TOKEN_NAMES = re.compile(
    r"(?:.*_)?(?:(?:access|auth|api|bearer|session|bot|user)_?(?:token|key|secret)|token|secret|credentials?)"
)
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])")


@lru_cache(maxsize=10_000)
def secret_parameter(name: str) -> Secret | None:
    """Tell which secret a parameter of this name is handed; None for one that holds none as a rule."""
    plain = _CAMEL.sub("_", name).lower().strip("_$")
    if _KEY_NAMES.fullmatch(plain):
        return Secret.KEY
    if _PASSWORD_NAMES.fullmatch(plain):
        return Secret.PASSWORD
    return Secret.TOKEN if _TOKEN_NAMES.fullmatch(plain) else None


def kept_secret(name: str) -> Secret | None:
    """Tell which secret an object keeps under a name: a key or a password; tokens go to the service they are for."""
    kind = secret_parameter(name)
    return None if kind is Secret.TOKEN else kind
