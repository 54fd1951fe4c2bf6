"""What no database takes in a text."""

from __future__ import annotations

import pytest

from adapters.cloudlink.local.storable import UNSTORABLE


@pytest.mark.parametrize(
    ("text", "is_storable"),
    [
        ("Amazon EC2", True),
        ("漢字 \U0001f389\n\x01\ue000", True),
        ("a\x00b", False),
        ("a\ud83d", False),
        ("\udfff", False),
    ],
)
def test_nul_and_halves_of_pairs_can_not_be_stored(text: str, is_storable: bool) -> None:
    """All else can, also what lies beyond 16 bits."""
    assert (UNSTORABLE.search(text) is None) is is_storable
