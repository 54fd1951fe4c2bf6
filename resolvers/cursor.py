"""The position in a stream of events, as the graph names it."""

from __future__ import annotations

from typing import NewType

Cursor = NewType("Cursor", str)
