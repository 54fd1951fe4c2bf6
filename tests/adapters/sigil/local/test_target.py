from __future__ import annotations

from pathlib import Path

import pytest

from adapters.errors import InvalidInput
from adapters.sigil.local.material import Ecosystem, Target
from adapters.sigil.local.target import parse_target


def npm(name: str, specifier: str = "") -> Target:
    return Target(ecosystem=Ecosystem.NPM, name=name, specifier=specifier)


def pypi(name: str, specifier: str = "") -> Target:
    return Target(ecosystem=Ecosystem.PYPI, name=name, specifier=specifier)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("npm:express", npm("express")),
        ("npm:express@4.18.2", npm("express", "4.18.2")),
        ("npm:@babel/core", npm("@babel/core")),
        ("npm:@scope/name@^1.2", npm("@scope/name", "^1.2")),
        ("npm:express@>=4 <5 || 3.x", npm("express", ">=4 <5 || 3.x")),
        ("npm:JSONStream@next", npm("JSONStream", "next")),
        (" NPM:express@ 4.18.2 ", npm("express", "4.18.2")),
        ("pypi:requests", pypi("requests")),
        ("pypi:requests==2.32.3", pypi("requests", "==2.32.3")),
        ("pypi:Zope.Interface >= 5, < 7", pypi("zope-interface", "<7,>=5")),
        ("pypi:requests[socks,security]==2.32.3", pypi("requests", "==2.32.3")),
    ],
)
def test_a_target_is_read_with_its_registry_name_and_version(text: str, target: Target) -> None:
    """Scopes, ranges, tags and extras are understood, and Python names take their normal form."""
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "express",
            "npm:",
            "npm:@scope",
            "npm:../x",
            "npm:a/b",
            "npm:.hidden",
            "gem:rails",
            "npm:a b",
            "npm:a%2fb",
        ),
        *("npm:x@https://evil.invalid/x.tgz", "npm:x@npm:other@1", "npm:x@git+ssh://h/x", "npm:" + "x" * 215),
        *("pypi:", "pypi:requests@2.0", "pypi:requests==", "pypi:requests @ https://evil.invalid/x.whl"),
        *("pypi:requests; python_version > '3'", "pypi:re/quests", "pypi:x\n==1", "file:/etc", "npm:x@" + "1" * 1000),
    ],
)
def test_what_is_no_target_is_refused_with_its_value_and_a_cure(text: str) -> None:
    """The error belongs to the field `target`, shows the value without control characters, and says what to write."""
    with pytest.raises(InvalidInput) as refused:
        parse_target(text)
    assert (refused.value.code, refused.value.field) == ("validation_error", "target")
    assert text[:20].strip().replace("\n", "?") in refused.value.message
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 400


def test_a_path_is_a_target_on_the_command_line_only(tmp_path: Path) -> None:
    """A path that exists, or one that is marked as such, is read only where files are allowed."""
    expected = Target(ecosystem=Ecosystem.FILE, name=str(tmp_path))
    assert parse_target(str(tmp_path), files_allowed=True) == expected
    assert parse_target(f"file:{tmp_path}", files_allowed=True) == expected
    assert parse_target("npm:express", files_allowed=True) == npm("express")
    with pytest.raises(InvalidInput, match="names no registry"):
        parse_target(str(tmp_path))
    with pytest.raises(InvalidInput, match="a path that exists"):
        parse_target(str(tmp_path / "missing"), files_allowed=True)


def test_a_range_has_256_characters_at_most() -> None:
    """It is compared with each version that a package ever had."""
    assert parse_target(f"npm:x@{'1||' * 85}2").specifier.endswith("||2")
    with pytest.raises(InvalidInput, match="in more than 256 characters"):
        parse_target(f"npm:x@{'1||' * 85}22")
