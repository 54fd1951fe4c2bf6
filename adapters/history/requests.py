"""What is asked of analytics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from adapters.history.ranges import TimeBucket


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a subject: a time, how it is grouped, and which values of dimensions are wanted only."""

    since: datetime | None = None
    until: datetime | None = None
    bucket: TimeBucket | None = TimeBucket.DAY
    group_by: tuple[str, ...] = ()
    only: Mapping[str, Sequence[str]] = {}
    percentiles: bool = True
