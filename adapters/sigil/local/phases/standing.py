"""What part of a package a file is: its code, something beside it, or code that a bundler put together."""

from __future__ import annotations

import re
from enum import StrEnum

from adapters.sigil.local.material import PackageFile

_ASIDE = re.compile(
    r"(?:^|/)(?:__tests__|__mocks__|tests?|testing|spec|specs|fixtures?|docs?|examples?|samples?|demos?|bench(?:mark)?s?|e2e"
    r"|coverage|\.github|website|templates?)/|(?:^|[/._-])(?:test|spec|conftest|bench|stories)\.[cm]?[jt]sx?$"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$",
    re.IGNORECASE,
)
_BUNDLE_BYTES = 24_000
_BUNDLE_LINE = 160
_HUGE_BYTES = 300_000


class Standing(StrEnum):
    """What part of a package a file is."""

    CODE = "code"
    ASIDE = "aside"  # tests, documentation, examples
    BUNDLE = "bundle"  # huge, or large and on long lines: names say little and meet each other by chance


def standing_of(file: PackageFile) -> Standing:
    """Tell what part of its package a file is, by its path and its shape."""
    if _ASIDE.search(file.path):
        return Standing.ASIDE
    size = file.size
    if size > _HUGE_BYTES or (size > _BUNDLE_BYTES and size / (file.data.count(b"\n") + 1) > _BUNDLE_LINE):
        return Standing.BUNDLE
    return Standing.CODE
