"""Costs that tests record: flat, then higher from a deploy on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.cloudlink.models import CostRecord

HOUR = timedelta(hours=1)


def this_hour() -> datetime:
    """Give the moment at which the present hour began."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def hourly(service: str, usd: list[float], last: datetime | None = None) -> list[CostRecord]:
    """Write an amount for each hour up to the present one, or up to `last`."""
    end = last or this_hour()
    return [
        CostRecord(provider="aws", service=service, cost_usd=amount, hour=end - HOUR * back)
        for back, amount in enumerate(reversed(usd))
    ]
