from __future__ import annotations

import pytest

from adapters.errors import InvalidInput
from adapters.packages import PackageName
from adapters.sigil.local.asking import asked


@pytest.mark.parametrize(
    ("text", "name", "version", "spelled"),
    [
        ("npm:express@4.18.2", "express", "4.18.2", "npm:express@4.18.2"),
        (" npm:express ", "express", None, "npm:express"),
        ("npm:express@^4", "express", None, "npm:express@^4"),
        ("npm:express@next", "express", None, "npm:express@next"),
        ("npm:express@1.0", "express", None, "npm:express@1.0"),
        ("npm:@types/node@20.1.0-rc.1+build", "@types/node", "20.1.0-rc.1+build", "npm:@types/node@20.1.0-rc.1+build"),
        ("pypi:Zope.Interface==7.2", "zope-interface", "7.2", "pypi:zope-interface==7.2"),
        ("pypi:requests >= 2, < 3", "requests", None, None),
        ("pypi:requests==2.*", "requests", None, "pypi:requests==2.*"),
        ("pypi:requests[socks]", "requests", None, "pypi:requests"),
    ],
)
def test_what_a_target_asks(text: str, name: str, version: str | None, spelled: str | None) -> None:
    """The package in its own spelling, the version only where it is one exactly, and one text for all spellings."""
    package, exact, written = asked(text)
    assert package == PackageName(text.strip().partition(":")[0], name)
    assert exact == version
    assert spelled is None or written == spelled


def test_spellings_of_one_request_are_the_same() -> None:
    """What pip takes for the same package and version is asked for once."""
    assert asked("pypi:Zope.Interface==7.2") == asked("pypi:zope_interface == 7.2")


@pytest.mark.parametrize("text", ["express", "file:/etc/passwd", "gem:rails", "npm:", "npm:../x", ""])
def test_what_is_no_package_is_refused(text: str) -> None:
    """Paths, other registries and nonsense name the target as wrong."""
    with pytest.raises(InvalidInput) as refused:
        asked(text)
    assert refused.value.field == "target"
