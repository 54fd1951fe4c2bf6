"""Cheap looks at the bytes of a Python file: whether it can do anything of interest, and which of its strings tell."""

from __future__ import annotations

import functools
import re
import sys
from itertools import islice
from typing import TYPE_CHECKING

from adapters.sigil.local.code.python.usage import (
    asks_for_module,
    imports_powers,
    is_call,
    is_code,
    reads_environment,
    uses_module,
)
from adapters.sigil.local.code.telling import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yara_x

_CALLED = (
    "execfile system popen urlopen urlretrieve import_module run_path startfile execl execv execve execvp spawnl"
    " spawnv posix_spawn"
)
_MODULES = (
    "subprocess marshal winreg _winreg pyperclip win32clipboard pynput pyautogui ctypes pty mss runpy requests httpx"
    " aiohttp urllib3 urllib2 cloudscraper telegram dhooks discord_webhook paramiko smtplib ftplib telnetlib httplib"
    " websocket wget pycurl pickle cPickle dill cloudpickle netifaces keyring secretstorage"
)
_CONFIRMED = {
    **{f'"{word}" fullword': uses_module for word in _MODULES.split()},
    **{f"/\\b{word}\\s{{0,4}}\\(/": is_call for word in _CALLED.split()},
    '"os.environ"': reads_environment,
    '"os.getenv"': reads_environment,
    '"socket.socket"': is_code,
    '"sys.modules["': asks_for_module,
    r"/(^|[^.\w])(exec|eval)\s*[(]/": is_code,
    r"/\b(decompress|decrypt)\s*\(/": is_code,
    r"/from\s+(os|socket|posix|nt|builtins|urllib)\s+import\b/": imports_powers,
}
"""Patterns of words that tell only where they are used in a certain way."""
_CONFIRMING = tuple(_CONFIRMED.values())
_WORDS = (
    "ImageGrab execl execvp gethostname getaddrinfo gethostbyname b64decode b85decode b32decode a85decode unhexlify"
    " a2b_hex rot13 rot_13 Fernet __import__ __builtins__ __subclasses__ exec_module rmtree getuser"
    " import_module startfile memfd_create getnode popen posix_spawn clipboard_get spawnl unquote_to_bytes urlretrieve"
    " get_credentials"
)
_TEXTS = (
    "http.client", "urllib.request", "bytes.fromhex", "zlib.decompress",
    "os.system",
    "os.popen", "LaunchAgents", ".bashrc", ".zshrc", "/systemd/", "authorized_keys", ".ssh/", ".ssh'", '.ssh"',
    ".aws/", ".aws'",
    ".npmrc", ".pypirc", ".netrc", ".git-credentials", "id_rsa", "wallet.dat", "Login Data", "leveldb", "Local State",
    "cookies.sqlite", "169.254.169.254", "site-packages", "AES.new",
    "import discord",
    "os.walk", "os.listdir", "glob.glob", "os.remove",
    "os.unlink", "os.scandir", ".unlink(", ".rglob(", ".iterdir(", "make_archive", "/extensions", "app.asar",
    "discord_desktop_core", "dist-packages",
    "/etc/hosts", "/etc/sudoers", "ld.so.preload", "/etc/pam.d", "pip.conf", "CLAUDE.md", "AGENTS.md",
    ".claude.json", "mcp.json", ".git/hooks", ".vscode", "asyncio.open_connection", "SourceFileLoader",
    "spec_from_file_location",
    "SourcelessFileLoader", "requests.Session.", "getpass.getpass", ".rfile", "pip.ini", ".github/workflows",
    "import keyboard", "import clipboard", "autostart",
    "google.auth", "azure.identity", "Programs\\\\", "import environ", "import getenv", ".chmod(", "mmap.mmap",
    "import mmap", "profile_default", ".ipython", "startup_dir", "locate_profile", ".jupyter/",
    ".jupyter'", '.jupyter"', ".pythonrc", ".pdbrc", ".Rprofile", "startup.jl", ".gdbinit", "activate.d",
    "config.fish", "_profile.ps1", "ast_transformers", "events.register(",
)  # fmt: skip
_PATTERNS = (
    r"\bexec\s+[\w'\"]", r"(globals|locals)\(\)\s*(\[|\.get)",
    r"vars\([\w.]*\)\s*\[", r"__dict__\s*\[",
    r"[^.\w]getattr\(\s*(os|sys|builtins|_\w*)\s*,",
    r"[^.\w]getattr\([^(),\n]{1,60},\s*(['\"][^'\"\n]*['\"]\s*[+\[%.]|chr\(|bytes|''\.)",
    r"import\s+(os|sys|ssl|socket|builtins|posix|nt)\s+as\b",
    r"=\s*(eval|exec|compile|__import__|open)\s*[\n;,)\]]", r"['\"]\.pth['\"]|\.pth['\"]",
    r"compile\(\s*(base64|zlib|codecs|marshal|bytes)",
    r"(^|[^'\"\w.])builtins\.(exec|eval|compile|open|getattr|setattr|globals|locals|vars|__)",
    r"[=(,\[]\s*builtins\s*[,)\]\n;]", r"[^.\w\s]\s*(eval|exec)\s*[,)\]]", r"[:\[{]\s*(eval|exec)\s*[,}\]]",
    r"\b(eval|exec)\.__", r"\b[bB]cc(_\w{2,10})?['\"]?\]?\s{0,3}[=:,]", r"@(eval|exec)\b",
    r"\.(claude|cursor(rules)?)['\"\\/]",
    r"CurrentVersion[\\/]", r"['\"`|&;/(]\s?crontab\b|\bcrontab\s+[-/<]",
    r"(join\(\[?|:\s*)chr\(\s*\(?(ord\()?\w{1,20}\)?\s*[-+^]", r"\bmap\(chr,\s*[\[(]",
)  # fmt: skip
_REPLACED = re.compile(rb"\n[ \t]*[A-Z]\w{0,40}\.\w{1,40}[ \t]*=[ \t]*_?[a-z]\w{0,40}[ \t]*\r?(?=\n)")
"""A member of a class that gets another function: it tells where something else in the file does."""
_BYTES = ("F0 9D (9? | A?)", "EF BC (A1 | B?)", "EF BD (8? | 9?)")
_IMPORT = re.compile(
    rb"[\n;][ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*(\([^()#;]{0,2000}\)|[^\n#;()]+)|import[ \t]+([^\n#;()]+))"
)
_IMPORT_CALL = re.compile(rb"(?:__import__|import_module)\(\s*['\"](\.{0,3}\w[\w.]{0,200})['\"]")
_IMPORTS = b"import"
_ADDRESS = re.compile(rb"://[^\s'\"<>\\)`]{4,300}")
_BLOB = re.compile(rb"[A-Za-z0-9+/=_\-\\]{160,}")
_NUMBERS = re.compile(rb"[\d, \t\r\nx]{300,}")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_MOST_STRINGS = 50
_LONGEST_STRING = 2000
_MOST_MATCHES = 20_000


def _marked(characters: bytes) -> bytes:
    return bytes(ord("a") if number in characters else ord(" ") for number in range(256))


_ENCODED = _marked(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\\")
_LISTED = _marked(b"0123456789, \t\r\nx")
_LONG_RUN = b"a" * 160
_LONG_LIST = b"a" * 300


@functools.cache
def _scanner() -> yara_x.Scanner:
    import yara_x

    quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in _TEXTS]
    patterns = list(_CONFIRMED)
    patterns += [f'"{word}" fullword' for word in _WORDS.split()]
    patterns += [f'"{text}"' for text in quoted]
    patterns += ["/" + pattern.replace("/", "\\/") + "/" for pattern in _PATTERNS]
    patterns += [f"{{ {pattern} }}" for pattern in _BYTES]
    strings = "\n".join(f"$s{number} = {pattern}" for number, pattern in enumerate(patterns))
    scanner = yara_x.Scanner(yara_x.compile(f"rule telling {{ strings:\n{strings}\ncondition: any of them }}"))
    scanner.max_matches_per_pattern(_MOST_MATCHES)
    return scanner


def telling_offsets(source: bytes) -> tuple[int, ...]:
    """Where a file has words without which code can neither run things, nor talk to others, nor read secrets."""
    offsets: set[int] = set()
    for rule in _scanner().scan(source).matching_rules:
        for pattern in rule.patterns:
            number = int(pattern.identifier.removeprefix("$s"))
            confirms = _CONFIRMING[number] if number < len(_CONFIRMING) else None
            for each in pattern.matches:
                if confirms is None or confirms(source, each.offset, each.offset + each.length):
                    offsets.add(each.offset)
    if offsets:
        offsets.update(found.start() for found in islice(_REPLACED.finditer(source), _MOST_MATCHES))
    return tuple(sorted(offsets))


def imports(source: bytes) -> tuple[str, ...]:
    """Name the modules that import statements ask for, then those that calls name, each once."""
    names: dict[str, None] = {}
    for found in _import_statements(b"\n" + source):
        origin, members, listed = found.groups()
        wanted = _first_words(listed) if origin is None else [origin, *_members(origin, members)]
        names.update(dict.fromkeys(name.decode("utf-8", "replace") for name in wanted))
    if b"__import__" in source or b"import_module" in source:
        names.update(dict.fromkeys(found[1].decode() for found in _IMPORT_CALL.finditer(source)))
    return tuple(names)


def _import_statements(source: bytes) -> Iterator[re.Match[bytes]]:
    """Match import statements one after the other, from the word that each of them has back to where it may begin."""
    seen, word = 0, source.find(_IMPORTS)
    while word >= 0:
        start = max(source.rfind(b"\n", seen, word), source.rfind(b";", seen, word))
        found = _IMPORT.match(source, start) if start >= 0 else None
        if found is not None:
            yield found
        seen = word + len(_IMPORTS) if found is None else found.end()
        word = source.find(_IMPORTS, seen)


def _first_words(listed: bytes) -> list[bytes]:
    return [words[0] for words in (name.split() for name in listed.strip(b"()").split(b",")) if words]


def _members(origin: bytes, listed: bytes) -> list[bytes]:
    """Give what may be modules of the package itself: `from . import x`, `from package import x`."""
    if origin.partition(b".")[0].decode("utf-8", "replace") in sys.stdlib_module_names:
        return []
    separator = b"" if origin.endswith(b".") else b"."
    return [origin + separator + name for name in _first_words(listed) if name != b"*"]


def strings(source: bytes) -> tuple[str, ...]:
    """Give long runs that look encoded, and addresses of telling hosts; at most 2,000 characters of each."""
    found: list[bytes] = []
    if _LONG_RUN in source.translate(_ENCODED):
        found += [blob[0] for blob in _BLOB.finditer(source)]
    if _LONG_LIST in source.translate(_LISTED):
        found += [blob[0] for blob in _NUMBERS.finditer(source) if blob[0].count(b",") > 50]  # noqa: PLR2004 - numbers
    for address in _ADDRESS.finditer(source):
        start = address.start()
        text = source[start - len(_scheme(source[max(0, start - 5) : start])) : address.end()]
        if place(text.decode("utf-8", "replace")) is not None:
            found.append(text)
    unique = dict.fromkeys(text[:_LONGEST_STRING].decode("utf-8", "replace") for text in found)
    return tuple(unique)[:_MOST_STRINGS]


def _scheme(before: bytes) -> bytes:
    return before[len(before.rstrip(b"abcdefghijklmnopqrstuvwxyz")) :]


def as_utf8(source: bytes) -> bytes:
    """Bring the source into UTF-8, whatever encoding it declares: encodings like utf-7 can hide code."""
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return source.decode("utf-16", "replace").encode()
    source = source.removeprefix(b"\xef\xbb\xbf")
    for line in source.split(b"\n", 2)[:2]:
        declared = _COOKIE.match(line)
        if declared:
            return _decoded(source, declared[1].decode("ascii").lower().replace("_", "-"))
    return source


def _decoded(source: bytes, encoding: str) -> bytes:
    if encoding.startswith(("utf-8", "utf8", "ascii", "us-ascii", "latin", "iso-8859")):
        return source
    try:
        return source.decode(encoding, "replace").encode("utf-8", "replace")
    except (LookupError, ValueError):
        return source
