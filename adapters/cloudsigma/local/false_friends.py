"""What looks like an indicator and is none: versions, file names, references, addresses of nobody."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

import msgspec

from adapters.cloudsigma.local.reference_hosts import is_reference, is_shared

LONGEST_URL = 500
"""Characters after which a URL is a dump rather than something to look for."""


class Found(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What looks like an indicator; `place` is its first character in the fanged line.

    `before` and `written` are that line just before it, and from its first character until just after it.
    """

    place: int
    type: str
    value: str
    is_defanged: bool
    before: str
    written: str


_VERSION = re.compile(
    r"(?:\b(?:versions?|ver|build|release|firmware|revision|prior to|oid)\b[\s:=.v]*|\bv|[A-Za-z]/)$", re.IGNORECASE
)
_OR_LATER = re.compile(r"\s*(?:and|or)\s+(?:earlier|later|below|above|prior|newer)", re.IGNORECASE)
_RESOLVERS = frozenset(("1.0.0.1", "1.1.1.1", "8.8.4.4", "8.8.8.8", "9.9.9.9", "208.67.220.220", "208.67.222.222"))

_FILE_SUFFIXES = frozenset(
    ("app", "bat", "bin", "cab", "cs", "java", "js", "md", "mov", "pl", "ps", "py", "rs", "sh", "so", "zip")
)
_WORD_SUFFIXES = """
am an as at be by can do final foundation gov how id in is it management me my name no now of open page so
target to us win you
"""
_WORDS = frozenset(_WORD_SUFFIXES.split())
_DETECTION_NAMES = frozenset(
    ("adware", "backdoor", "generic", "hacktool", "msil", "ransom", "trojan", "win32", "win64", "worm")
)
_PLACEHOLDERS = frozenset(
    ("asp.net", "example.com", "example.net", "example.org", "java.io", "microsoft.net", "socket.io", "system.io")
)

_EMPTY_FILE = frozenset(
    (
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
)
_FEWEST_DIGITS = 6

_WINDOWS_FILE = re.compile(r"[A-Za-z]:\\(?:[^\\/:*?\"<>|\[\]%]+\\)*[^\\/:*?\"<>|\[\]% ]+")
_SYSTEM_FOLDER = re.compile(
    r"[A-Za-z]:\\(?:windows\\(?:system32|syswow64|microsoft\.net)|program files)", re.IGNORECASE
)
_SYSTEM_FILE = re.compile(r"[A-Za-z]:\\windows\\(?:explorer|regedit|notepad)\.exe$", re.IGNORECASE)
_CODE_SUFFIX = re.compile(
    r"\.(?:exe|dll|sys|scr|bat|cmd|ps1|vbs|vbe|js|jse|hta|lnk|dat|bin|msi|jar|py)$", re.IGNORECASE
)


def is_indicator(found: Found, url_hosts: frozenset[str]) -> bool:
    """Whether `found` is meant as an indicator; `url_hosts` are the hosts of the URLs in the same line."""
    if found.type in {"ipv4", "ipv6"}:
        return _is_address(found, url_hosts)
    if found.type == "domain":
        return _is_domain(found, url_hosts)
    test = _TESTS.get(found.type)
    return test is None or test(found)


def host_of(url: str) -> str:
    """Return the lower-case host of a URL with or without a scheme, brackets of IPv6 left off."""
    authority = re.split(r"[/?#]", url.partition("://")[2] or url, maxsplit=1)[0].rpartition("@")[2].lower()
    return authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]


def _is_address(found: Found, url_hosts: frozenset[str]) -> bool:
    """Public addresses count; those kept for documentation only where the author defanged them."""
    address = ipaddress.ip_address(found.value)
    if found.value in _RESOLVERS or not _is_reachable(address, is_defanged=found.is_defanged):
        return False
    if found.is_defanged or found.value in url_hosts:
        return True
    after = found.written[len(found.value) :]
    return not (_VERSION.search(found.before) or _OR_LATER.match(after) or found.value.endswith(".0"))


def _is_reachable(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, is_defanged: bool) -> bool:
    if address.is_multicast or address.is_loopback or address.is_unspecified:
        return False
    return address.is_global or (is_defanged and _is_documentation(address))


def _is_documentation(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    networks = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return any(address in ipaddress.ip_network(network) for network in networks)


def _is_domain(found: Found, url_hosts: frozenset[str]) -> bool:
    if _is_reference(found.value) or is_shared(found.value):
        return False
    if found.value in url_hosts or (found.is_defanged and not _is_part(found)):
        return True
    labels = found.value.split(".")
    suffix = found.written[: len(found.value)].rpartition(".")[2]
    if labels[-1] in _FILE_SUFFIXES or _DETECTION_NAMES & set(labels) or _is_part(found):
        return False
    if suffix != suffix.lower() and found.written[: len(found.value)] != found.value.upper():
        return False  # a sentence that starts without a space, or a name in code
    return len(labels) > len(("name", "suffix")) or labels[-1] not in _WORDS


def _is_part(found: Found) -> bool:
    """Whether it is a piece of a path, a percent-encoded name or an escaped string."""
    return found.before.endswith(("\\", "/", "%", "_", "@", "=")) or "_" in found.value


def _is_url(found: Found) -> bool:
    host = host_of(found.value)
    if len(found.value) > LONGEST_URL or _is_reference(host) or (is_shared(host) and not found.is_defanged):
        return False
    scheme, _, rest = found.value.rpartition("://")
    if "://" in scheme and "?" not in scheme:
        return False  # several that were written without a space between them
    path = rest.partition("/")[2]
    return bool(scheme) or bool(path)


def _is_reference(host: str) -> bool:
    return host in _PLACEHOLDERS or is_reference(host)


def _is_mailbox(found: Found) -> bool:
    return not _is_reference(found.value.rpartition("@")[2])


def _is_hash(found: Found) -> bool:
    return found.value not in _EMPTY_FILE and len(set(found.value)) >= _FEWEST_DIGITS


def _is_file(found: Found) -> bool:
    path = found.value
    if not _WINDOWS_FILE.fullmatch(path) or not _CODE_SUFFIX.search(path):
        return False
    return not (_SYSTEM_FOLDER.match(path) or _SYSTEM_FILE.match(path))


_TESTS: Mapping[str, Callable[[Found], bool]] = {
    "url": _is_url,
    "email": _is_mailbox,
    "md5": _is_hash,
    "sha1": _is_hash,
    "sha256": _is_hash,
    "file_path": _is_file,
}
