from __future__ import annotations

import re
import time

from adapters.sigil.local.scan_ids import ALPHABET, ScanIds


def test_an_id_is_a_ulid_of_now() -> None:
    """Its first ten digits are the milliseconds since 1970, in Crockford's base 32."""
    before = time.time_ns() // 1_000_000
    made = ScanIds().new()
    assert re.fullmatch(r"scan_[0-9A-HJKMNP-TV-Z]{26}", made)
    milliseconds = 0
    for digit in made.removeprefix("scan_")[:10]:
        milliseconds = milliseconds * 32 + ALPHABET.index(digit)
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_ids_rise_and_differ() -> None:
    """Also those of one millisecond, so that newest first is by id."""
    ids = ScanIds()
    made = [ids.new() for _ in range(5000)]
    assert made == sorted(set(made))
