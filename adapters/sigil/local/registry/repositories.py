"""Where a package says that its code lives, in one form of address whatever form it was written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_SHORTHAND = re.compile(r"(?:(github|gitlab|bitbucket):)?([\w.-]+/[\w.-]+)")
_SSH = re.compile(r"(?:ssh://)?git@([\w.-]+)[:/](?:\d+/)?(.+)")
_FORGES = frozenset({*_HOSTS.values(), "codeberg.org", "git.sr.ht"})
_LABELS = ("source", "source code", "repository", "code", "github", "gitlab", "git", "homepage")


def repository_url(value: object) -> str | None:
    """Read npm's `repository`, text or `{url}`, as `https://host/owner/name`; None where it names none."""
    text = value.get("url") if isinstance(value, Mapping) else value
    if not isinstance(text, str) or not text.strip():
        return None
    text = text.strip().removeprefix("git+")
    if found := _SSH.fullmatch(text):
        text = f"https://{found[1]}/{found[2]}"
    elif found := _SHORTHAND.fullmatch(text):
        text = f"https://{_HOSTS[found[1] or 'github']}/{found[2]}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "git", "ssh") or not parts.hostname:
        return None
    return f"https://{parts.hostname}{parts.path.removesuffix('/').removesuffix('.git')}"


def repository_among(addresses: Mapping[str, str]) -> str | None:
    """Choose the repository among labelled addresses: by its label first, then any on a forge with owner and name."""
    labelled = {label.strip().lower(): address for label, address in addresses.items()}
    ordered = [labelled[label] for label in _LABELS if label in labelled] + list(addresses.values())
    for address in ordered:
        url = repository_url(address)
        if url and urlsplit(url).hostname in _FORGES and url.count("/") >= 4:  # noqa: PLR2004 - owner and name
            return "/".join(url.split("/")[:5])
    return repository_url(labelled.get("source") or labelled.get("repository"))
