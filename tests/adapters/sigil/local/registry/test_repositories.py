from __future__ import annotations

import pytest

from adapters.sigil.local.registry.repositories import repository_among, repository_url


@pytest.mark.parametrize(
    "written",
    [
        *("o/x", "github:o/x", "git+https://github.com/o/x.git", "git://github.com/o/x.git", "https://github.com/o/x/"),
        *("git@github.com:o/x.git", "git+ssh://git@github.com/o/x.git", "ssh://git@github.com:22/o/x.git"),
        *({"type": "git", "url": "https://user@github.com/o/x"},),
    ],
)
def test_every_way_to_write_a_repository_gives_one_address(written: object) -> None:
    """Shorthands, protocols, objects and endings make no difference."""
    assert repository_url(written) == "https://github.com/o/x"


@pytest.mark.parametrize("written", [None, "", 1, {}, {"url": None}, "javascript:alert(1)", "http://[", "just words"])
def test_what_names_no_repository_gives_none(written: object) -> None:
    """Publishers write all sorts of things there."""
    assert repository_url(written) is None


def test_a_repository_is_found_among_labelled_addresses() -> None:
    """By its label, else by a forge's address; a page within it leads to the repository itself."""
    source = {"Docs": "https://github.com/o/docs", "Source Code": "https://github.com/o/x/tree/main"}
    assert repository_among(source) == "https://github.com/o/x"
    assert repository_among({"Bugs": "https://gitlab.com/o/x/issues"}) == "https://gitlab.com/o/x"
    assert repository_among({"Source": "https://git.own.invalid/x"}) == "https://git.own.invalid/x"
    assert repository_among({"Homepage": "https://x.invalid", "Sponsor": "https://github.com/o"}) is None
