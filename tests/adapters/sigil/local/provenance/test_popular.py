from __future__ import annotations

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.provenance.popular import canonical, is_popular, popular_names


@pytest.mark.parametrize(
    ("ecosystem", "names"),
    [
        (Ecosystem.NPM, {"express", "lodash", "react", "typescript", "@babel/core", "discord.js", "ethers"}),
        (Ecosystem.PYPI, {"requests", "numpy", "django", "typing-extensions", "discord-py", "litellm"}),
    ],
)
def test_lists_hold_the_names_that_attackers_imitate(ecosystem: Ecosystem, names: set[str]) -> None:
    """The installed lists have thousands of names, the best known among them, and no line of their heads."""
    listed = popular_names(ecosystem)
    assert names <= listed
    assert len(listed) > 10_000
    assert not any(" " in name for name in listed)
    assert all(canonical(ecosystem, name) == name for name in listed)


def test_python_names_compare_as_the_index_compares_them() -> None:
    """`Typing_Extensions` is the popular package itself."""
    assert is_popular(Ecosystem.PYPI, "Typing_Extensions")


def test_scopes_of_popular_packages_are_their_owners() -> None:
    """Only Babel's people publish under @babel, so nothing there passes for somebody else's."""
    assert is_popular(Ecosystem.NPM, "@babel/something-quite-new")
    assert not is_popular(Ecosystem.NPM, "@somebody-unknown/core")


def test_files_of_this_machine_have_no_popular_names() -> None:
    """A folder that is scanned is compared with nothing."""
    assert popular_names(Ecosystem.FILE) == frozenset()
