"""What bytes alone tell: whether a file is worth parsing, where to look, its modules and its telling strings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from adapters.sigil.local.code import telling

if TYPE_CHECKING:
    import yara_x

# All words are found in one go; a pattern confirms where a word may be a part of another.
_EVAL = (
    rb"(?<!arguments )(?<!arguments['\"`],['\"`])(?<!arguments['\"`], ['\"`])"
    rb"\beval\b(?! arguments)(?!\|arguments)(?!['\"`],\s?['\"`]arguments)"
)
"""The word, but not beside the other one that no name may be: lists of such words are in every parser."""
_WORDS: tuple[tuple[bytes, bytes], ...] = (
    (b"eval", _EVAL),
    (b"Function", rb"\bFunction\s*\(|[\[,]\s*['\"`]Function['\"`]"),
    (b"child_process", b""),
    (b"cross-spawn", b""),
    (b"execa", rb"\bexeca\b"),
    (b"shelljs", b""),
    (b"execSync", b""),
    (b"spawn", rb"\bspawn(?:Sync)?\b"),
    (b"http", rb"['\"`:]https?['\"`]"),
    (b"fetch", rb"\bfetch\b|['\"`](?:node-fetch|cross-fetch)['\"`]"),
    (b"XMLHttpRequest", b""),
    (b"WebSocket", b""),
    (b"sendBeacon", b""),
    (b"socket.io-client", b""),
    (b"process.env", rb"process\.env\s*(?:[^.\w\s]|\.\w*(?:TOKEN|SECRET|KEY|PASS|AUTH)|$)"),
    (b"process[", b""),
    (b"process.binding", b""),
    (b"userInfo", b""),
    (b"networkInterfaces", b""),
    (b"hostname", rb"\bhostname\s*\(|\bhostname['\"`]\]"),
    (b"lipboard", rb"\b[cC]lipboard\b|clipboardy"),
    (b"fromCharCode", b""),
    (b"atob", rb"(?<!typeof )\batob\b|\batob\s*\("),
    (b"runIn", rb"\brunIn\w+Context"),
    (b"_0x", rb"_0x[0-9a-f]{4}"),
    (b"\\x", rb"(?:\\x[2-7][0-9a-fA-F]){3}"),
    (b"\\u00", rb"(?:\\u00[2-7][0-9a-fA-F]){3}"),
    (b"constructor", rb"\[['\"]constructor|\bconstructor\s*\(\s*['\"`]|constructor\.constructor"),
    (b"._compile", b""),
    (b"._load", rb"\._load\b"),
    (b"Deno.", b""),
    (b"Bun.", rb"\bBun\."),
    (b"global[", b""),
    (b"globalThis[", b""),
    (b"window[", b""),
    (b"self[", rb"\bself\["),
    (b".npmrc", b""),
    (b".ssh", rb"\.ssh\b"),
    (b".aws", rb"\.aws\b"),
    (b"id_rsa", b""),
    (b".env", rb"\.env['\"`]"),
    (b"Login Data", b""),
    (b"Local State", b""),
    (b"wallet", b""),
    (b".bashrc", rb"\.bashrc\b"),
    (b".zshrc", rb"\.zshrc\b"),
    (b".netrc", rb"\.netrc\b"),
    (b".git-credentials", b""),
    (b"crontab", b""),
    (b"LaunchAgents", b""),
    (b"CurrentVersion", b""),
    (b"autostart", b""),
    (b"systemd/", b""),
    (b"authorized_keys", b""),
    (b"addEventListener", rb"addEventListener\(\s*['\"](?:key|paste|copy|input|submit)"),
    (b"onkey", b""),
    (b"document.cookie", b""),
    (b"169.254.169.254", b""),
    (b".request", rb"\.request\s*\("),
    (b"ethereum", b""),
    (b".github", rb"\.github['\"`/\\]"),
    (b".git/hooks", b""),
    (b".git", rb"['\"`/\\]\.git['\"`/\\]"),
    (b".interceptors", b""),
    (b"WebAssembly", rb"(?<!typeof )\bWebAssembly\b|\bWebAssembly\s*[.\[]"),
    (
        b".constructor",
        rb"(?<!prototype)(?<!this)\.constructor\s*(?:[;,)\n]|\?\.)|(?:\}\)|\]\.\w{1,12})\.constructor\s*\(",
    ),
    (b".vscode", b""),
    (b".cursor", rb"\.cursor(?:rules)?['\"`/\\]"),
    (b".claude", rb"\.claude(?:\.json)?['\"`/\\]"),
    (b"CLAUDE.md", b""),
    (b"AGENTS.md", b""),
    (b"mcp.json", b""),
    (b"/etc/", rb"/etc/(?:hosts|sudoers|ld\.so|pam\.d|cron|profile|environment)"),
    (b"dlopen", b""),
    (b"screenshot", b""),
    (b"iohook", b""),
    (b"uIOhook", b""),
    (b"octokit", b""),
    (b"mainModule", b""),
    (b"keytar", b""),
    (b"@napi-rs/keyring", b""),
    (b"credential-provider", b""),
    (b"google-auth-library", b""),
    (b"@azure/identity", b""),
    (b"SharedIniFileCredentials", b""),
    (b"createRequire", b""),
    (b"rmSync", b""),
    (b"readdir", b""),
    (b"unlink", rb"\bunlink(?:Sync)?\b"),
    (b"truncate", rb"\btruncate(?:Sync)?\s*\("),
    (b"glob", rb"['\"`](?:glob|globby|fast-glob|tinyglobby)['\"`]|\.glob(?:Sync)?\("),
    (b"addLocalFolder", b""),
    (b"archiver", b""),
    (b"Startup", rb"Startup['\"`\\/]"),
    (b".asar", b""),
    (b"discord_desktop_core", b""),
    (b"/extensions", b""),
    (b"extensions", rb"['\"`]extensions['\"`]"),
    (b"node_modules", rb"node_modules.{0,40}\.[cm]?js['\"`](?!\()|['\"`]node_modules['\"`]"),
    (b"require(", rb"\brequire\((?!\s*['\")])"),
    (b"require", rb"=\s*require\s*[,;]"),
    (b"Buffer.from(", rb"from\(\s*[\w.$]{1,20}\s*,\s*['\"`](?:hex|base64)['\"`]\s*\)\s*\.toString"),
    (b"Function.constructor", b""),
    (b"new Image", b""),
    (b"sendMail", b""),
    (b"bcc", rb"\bbcc(?:Addresses|Recipients)?\b"),
    (b"Bcc", rb"\bBcc(?:Addresses)?\b"),
    (b"node:", rb"['\"`]node:(?:net|tls|dgram|dns|vm|http2)"),
    (
        b"require",
        (
            rb"\brequire\s*\(\s*['\"`](?:net|tls|dgram|dns|dns/promises|vm|http2|ws|axios|got|request|needle|undici"
            rb"|superagent|phin|bent|ky|ssh2|ftp|nodemailer|discord\.js)['\"`]"
        ),
    ),
    (
        b"from",
        (
            rb"\bfrom\s*['\"`](?:net|tls|dgram|dns|dns/promises|vm|http2|ws|axios|got|request|needle|undici|superagent"
            rb"|phin|bent|ky|ssh2|ftp|nodemailer|discord\.js)['\"`]"
        ),
    ),
)
_PATTERNS: dict[bytes, list[re.Pattern[bytes] | None]] = defaultdict(list)
for _word, _pattern in _WORDS:
    _PATTERNS[_word].append(re.compile(_pattern) if _pattern else None)
_CONFIRMED = tuple(_PATTERNS.values())
_BEFORE, _AFTER = 14, 60
_PLACES_PER_WORD = 3000
_IMPORT = re.compile(rb"(?:\brequire\s*\(\s*|\bfrom\s*|\bimport\s*\(?\s*)(['\"`])([@\w./:~-]{1,214})\1(?!\s*\+)")
_STRING = re.compile(
    rb"\"([^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+)\"|'([^'\\\n]*+(?:\\.[^'\\\n]*+)*+)'|`([^`\\\n]*+(?:\\.[^`\\\n]*+)*+)`"
)
_LEAST_STRING, _MOST_STRING = 8, 4096
_TELLING = re.compile(
    rb"://|\d\.\d+\.\d|/dev/tcp|powershell|curl |wget |base64|\.ssh|\.npmrc|\.aws|webhook|\.onion"
    rb"|[A-Za-z0-9+/=]{120}"
)
_STRING_LIMIT = 200
_STRINGS_READ = 4_000_000


def places(data: bytes) -> list[int]:
    """List where a file's telling words stand, in order; a file without any is not worth parsing."""
    found: set[int] = set()
    for rule in _scanner().scan(data).matching_rules:
        for word in rule.patterns:
            starts = [match.offset for match in word.matches]
            for confirmed in _CONFIRMED[int(word.identifier.removeprefix("$w"))]:
                found.update(islice(_confirmed(data, starts, confirmed), _PLACES_PER_WORD))
    return sorted(found)


@cache
def _scanner() -> yara_x.Scanner:
    """Compile one rule of all words; the number in a string's name is its word's."""
    import yara_x

    strings = "\n".join(f"$w{number} = {{ {word.hex(' ')} }}" for number, word in enumerate(_PATTERNS))
    return yara_x.Scanner(yara_x.compile(f"rule words {{ strings: {strings} condition: any of them }}"))


def _confirmed(data: bytes, starts: list[int], pattern: re.Pattern[bytes] | None) -> Iterator[int]:
    for at in starts:
        if pattern is None or pattern.search(data, max(0, at - _BEFORE), at + _AFTER):
            yield at


def imports(data: bytes) -> tuple[str, ...]:
    """Name the modules that a file requires or imports by a plain string, sorted."""
    return tuple(sorted({found[2].decode() for found in _IMPORT.finditer(data)}))


def strings(data: bytes) -> tuple[str, ...]:
    """List string literals that are telling by themselves: hosts, command lines, secrets' paths, long base64."""
    if not _TELLING.search(data):
        return ()
    told: dict[str, None] = {}
    for found in _STRING.finditer(data, 0, _STRINGS_READ):
        start, end = found.start() + 1, found.end() - 1
        if not (_LEAST_STRING <= end - start <= _MOST_STRING and _TELLING.search(data, start, end)):
            continue
        text = data[start:end].decode("utf-8", "replace")
        if is_telling(text):
            told[text] = None
        if len(told) >= _STRING_LIMIT:
            break
    return tuple(told)


_LONG_ENCODED = re.compile(r"^[A-Za-z0-9+/_=-]{200,}$")


def is_telling(text: str) -> bool:
    """Whether a string says something by itself."""
    return bool(
        telling.place(text)
        or telling.secret_path(text)
        or telling.startup_path(text)
        or telling.command_kinds(text)
        or _LONG_ENCODED.match(text)
    )
