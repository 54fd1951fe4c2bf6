"""A port that counts what it is asked."""

from __future__ import annotations

from collections import Counter
from typing import Any


class CountingAdapter:
    """Passes every call of a port on, and counts it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._inner, name)
