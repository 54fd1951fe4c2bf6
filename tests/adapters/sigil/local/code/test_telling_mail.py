"""Which fields of a message give a stranger a copy."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.telling_mail import added_recipient


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("bcc", ["copy@drop.invalid"]),
        ("Bcc", ["Archive <copy@drop.invalid>"]),
        ("BccAddresses", [None, "copy@drop.invalid"]),
        ("bcc_recipients", ["copy@drop.invalid"]),
        ("to", [None, "copy@drop.invalid"]),
    ],
)
def test_fixed_address_beside_the_callers(name: str, texts: list[str | None]) -> None:
    """A blind copy to a constant, or a constant beside what callers give, is named by its domain."""
    assert added_recipient(name, texts) == "drop.invalid"


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("bcc", [None]),
        ("bcc", ["joe@example.com"]),
        ("bcc", ["Recipient of a blind copy"]),
        ("to", ["team@drop.invalid"]),
        ("subject", ["copy@drop.invalid"]),
    ],
)
def test_everyday_fields(name: str, texts: list[str | None]) -> None:
    """What callers choose, samples, descriptions and a report's only receiver are everyday."""
    assert added_recipient(name, texts) == ""
