from __future__ import annotations

import pytest

from adapters.sigil.local.registry.npm_versions import choose

VERSIONS = ("0.9.0", "1.0.0", "1.2.3", "1.9.0", "1.10.0", "2.0.0", "3.0.0-beta.1")
TAGS = {"latest": "1.9.0", "next": "3.0.0-beta.1", "stale": "7.0.0"}


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        *(("", "1.9.0"), ("latest", "1.9.0"), ("next", "3.0.0-beta.1"), ("stale", None), ("nope", None)),
        *(("1.2.3", "1.2.3"), ("v1.2.3", "1.2.3"), ("=1.2.3", "1.2.3"), ("1.2.4", None)),
        *(("^1", "1.9.0"), ("*", "1.9.0"), (">=1.10", "2.0.0"), ("~1.2", "1.2.3"), ("1.x", "1.9.0"), ("0.x", "0.9.0")),
        *(("^3", None), ("^3.0.0-beta.0", "3.0.0-beta.1"), ("1.0.0 - 1.5", "1.2.3"), ("<1 || >=2", "2.0.0")),
    ],
)
def test_a_specifier_takes_the_version_that_npm_would_take(specifier: str, version: str | None) -> None:
    """Tags and ranges, the one tagged latest before higher ones, pre-releases only where they are asked for."""
    assert choose(specifier, VERSIONS, TAGS) == version


def test_deprecated_versions_come_last() -> None:
    """Taken only where nothing else fits, or where exactly they are asked for."""
    assert choose("^1", VERSIONS, TAGS, {"1.9.0", "1.10.0"}) == "1.2.3"
    assert choose("^2", VERSIONS, TAGS, {"2.0.0"}) == "2.0.0"
    assert choose("1.10.0", VERSIONS, TAGS, {"1.10.0"}) == "1.10.0"
    assert choose("", VERSIONS, {}, ()) == "2.0.0"
