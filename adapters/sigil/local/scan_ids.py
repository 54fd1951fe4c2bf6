"""Ids of scans: `scan_` and a ULID, so that they sort by the moment they were made."""

from __future__ import annotations

import secrets
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
RANDOM_BITS = 80


class ScanIds:
    """Makes ids; those of one process rise, also within one millisecond."""

    def __init__(self) -> None:
        self._last = 0

    def new(self) -> str:
        """Make an id: 48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32."""
        made = time.time_ns() // 1_000_000 << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
        self._last = made if made > self._last else self._last + 1
        digits = (ALPHABET[self._last >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
        return "scan_" + "".join(digits)
