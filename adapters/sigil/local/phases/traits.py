"""What the phases ask about facts: which data is somebody's, which addresses are whose, what commands do."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import Place, host_of, local_host, place, secret_path
from adapters.sigil.local.phases.scanned import Scanned

RUNS = frozenset((Behaviour.RUNS_CODE, Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS, Behaviour.IMPORTS_DYNAMICALLY))
LEAVES = frozenset((Behaviour.SENDS, Behaviour.LOOKS_UP_NAME))
SECRETS = frozenset(
    (
        Behaviour.READS_ENVIRONMENT,
        Behaviour.READS_SECRET_FILE,
        Behaviour.READS_CLIPBOARD,
        Behaviour.READS_INPUT,
        Behaviour.READS_METADATA_SERVICE,
    )
)
HOSTILE_PLACES = frozenset((Place.WEBHOOK, Place.PASTE, Place.CATCHER, Place.TUNNEL, Place.ADDRESS, Place.ONION))
_DROPS = frozenset((Place.WEBHOOK, Place.PASTE, Place.CATCHER, Place.ONION))
TRIVIAL = 20_000
"""Bytes of code below which a package is too small to have a service of its own."""
_PLAIN_SYSTEM = re.compile(
    r"platform|arch|version|release|cpu_count|machine|processor|process_iter|\btype\b|endianness", re.IGNORECASE
)
_IDENTITY = re.compile(
    r"hostname|getfqdn|getuser|getlogin|node\b|getnode|uname|userInfo|username|networkInterfaces|whoami|users|homedir|cwd|pwuid"
    r"|ifconfig|ipconfig|interfaces|systeminfo|\bid\b",
    re.IGNORECASE,
)
_MILD_SECRET_FILE = re.compile(
    r"\.npmrc|\.yarnrc|\.netrc|pip\.conf|\.pypirc|\.env\b|\.docker|/etc/passwd|_history", re.IGNORECASE
)
_SECRET_NAMES = re.compile(
    rb"[\"'`/\\](?:\.env(?:\.\w+)?|\.git-credentials|\.netrc|\.pypirc|\.npmrc|id_rsa|credentials|wallet\.dat)[\"'`/.*$]"
)
_PACKAGE_SOURCE = re.compile(
    r"^~[\\/]\.(?:npmrc|yarnrc|bunfig)|pip[\\/]pip\.(?:conf|ini)$|^/etc/pip\.conf$|\bset\s+\S*(?:registry|index-url|script-shell)\b",
    re.IGNORECASE,
)
SOFT_STARTUP = re.compile(
    r"\.git[\\/]hooks|\.vscode|completion|(?:CLAUDE|AGENTS|GEMINI)\.md|(?:cursor|windsurf|cline)rules|copilot-instructions"
    r"|[\\/]rules[\\/]|devcontainer|^(?!~).*\.mcp\.json",
    re.IGNORECASE,
)
PROTECTION = re.compile(
    r"(?:Set|Add)-MpPreference|amsiInitFailed|\bsetenforce\s+0|csrutil\s+disable|spctl\s+--master-disable",
    re.IGNORECASE,
)
"""Commands that switch off what protects a machine."""
_BARE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?=[:/?]|$)", re.IGNORECASE)
_PRIVATE = re.compile(r"(?:10|127)\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.")
_UNKNOWN = re.compile(r"[{}…\s]")
_NAME = re.compile(r"[\w.]*")
_WORDS = re.compile(r"[A-Za-z]{3,}")
_COMMON_WORDS = frozenset(("token", "key", "secret", "api", "auth", "access", "password", "com", "www"))


def address_of(fact: Fact) -> Place | None:
    """Tell what the address that a fact concerns is known for."""
    return place(fact.detail) if fact.detail else None


def hostile_address(fact: Fact) -> bool:
    """Whether a fact concerns an address where thieves leave what they take: webhooks, pastes, tunnels."""
    return address_of(fact) in HOSTILE_PLACES


def fixed_drop(fact: Fact) -> bool:
    """Whether a chat, paste or catcher stands in the code in full, so that nobody who calls it has chosen it."""
    return address_of(fact) in _DROPS and not _UNKNOWN.search(fact.detail)


def identifies(fact: Fact) -> bool:
    """Whether what is read of the system tells one machine or user from another, not only its kind."""
    if fact.behaviour is not Behaviour.READS_SYSTEM:
        return False
    return bool(_IDENTITY.search(fact.detail or fact.snippet)) or not _PLAIN_SYSTEM.search(fact.detail or fact.snippet)


def whole_environment(fact: Fact) -> bool:
    """Whether a fact takes all variables of the environment."""
    return fact.behaviour is Behaviour.READS_ENVIRONMENT and fact.detail in {"", "*", "process.env", "os.environ"}


def belongs_to(flow: Flow) -> bool:
    """Whether a secret goes to the service it is for: `GITHUB_TOKEN` to api.github.com."""
    if flow.source.behaviour is not Behaviour.READS_ENVIRONMENT or whole_environment(flow.source):
        return False
    host = host_of(flow.sink.detail) or flow.sink.detail
    words = [word.lower() for word in _WORDS.findall(flow.source.detail.replace("GH_", "GITHUB_"))]
    return any(word in host for word in words if word not in _COMMON_WORDS)


def hides_address(scanned: Scanned, path: str, flow: Flow) -> bool:
    """Whether what is decoded is the address, or a part of it, that is spoken to: nobody reads its host in the file."""
    hidden = flow.source.detail
    if "://" in hidden or ("." in hidden and hidden in flow.sink.detail):
        return True
    if decoded_text(flow.source):
        return False
    host = host_of(flow.sink.detail)
    return "." in host and not _UNKNOWN.search(host) and host.encode() not in scanned.contents[path].lower()


def decoded_text(fact: Fact) -> str:
    """Find the text that a decoding yields, where the code holds it as a constant; not the name of the decoding."""
    return "" if _NAME.fullmatch(fact.detail) else fact.detail


def mild_secret(fact: Fact) -> bool:
    """Whether a secret file is one that tools read for their settings too, e.g. `.npmrc`."""
    return bool(_MILD_SECRET_FILE.search(fact.detail))


def loot(fact: Fact) -> bool:
    """Whether all variables are read, or a file whose secrets no tool but its own has to read."""
    secret_file = fact.behaviour is Behaviour.READS_SECRET_FILE and not mild_secret(fact)
    return whole_environment(fact) or secret_file


def redirects_packages(target: str) -> bool:
    """Whether a file that is written, or a command, says where packages come from on the whole machine."""
    return bool(_PACKAGE_SOURCE.search(target))


def by_mail(fact: Fact) -> bool:
    """Whether something is sent by mail."""
    return fact.detail.startswith("mailto:")


def foreign(scanned: Scanned, fact: Fact) -> bool:
    """Whether a fact's address is fixed, and neither of the package's project nor of the service that it tells of."""
    return known_host(fact) and not scanned.serves(fact.detail)


def names_secret_files(scanned: Scanned, path: str) -> bool:
    """Whether a file's texts name files in which secrets lie."""
    known = scanned.facts[path].strings
    return any(secret_path(text) for text in known) or bool(_SECRET_NAMES.search(scanned.contents[path]))


def trusted(scanned: Scanned, fact: Fact) -> bool:
    """Whether a fact's address is one that the package is expected to speak to."""
    return bool(fact.detail) and scanned.trusts(fact.detail)


def known_host(fact: Fact) -> bool:
    """Whether the code says plainly which host of the network, other than the own machine, or mailbox it speaks to."""
    if by_mail(fact):
        return "@" in fact.detail or fact.at_load
    bare = _BARE_HOST.match(fact.detail)
    host = host_of(fact.detail) or (bare[0] if bare else "")
    return "." in host and not local_host(host) and not _PRIVATE.match(host)
