"""Keys of callers that become part of a path."""

from __future__ import annotations

import re

_SEGMENT = re.compile("(?!\\.{1,2}\\Z)[^\x00-\x1f\x7f\ud800-\udfff]{1,4096}\\Z")


def is_segment(key: str) -> bool:
    """Say whether a key can name one thing below a path: text, neither empty nor too long, that leads nowhere else."""
    return _SEGMENT.match(key) is not None
