"""The documented limits: five a minute and user, 250 a day and key, 20 rules a month on the free tier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from adapters.cloudsigma.local import admission
from adapters.cloudsigma.local.admission import admit, month_start, remaining_rules, usage_of
from adapters.errors import LimitExceeded
from adapters.principal import Principal
from adapters.store.cloudsigma import executions
from adapters.store.database import Database
from tests.running import new_principal


async def keep(store: Database, owner: str, count: int = 1, **columns: Any) -> None:
    """Put executions of an owner's into the store, started an hour ago unless said otherwise."""
    moment = datetime.now(UTC) - timedelta(hours=1)
    row = {
        "owner": owner,
        "tenant": owner,
        "request": b"{}",
        "input_type": "text",
        "status": "SUCCEEDED",
        "stage": "convert",
        "progress": 1.0,
        "started_at": moment,
        "changed_at": moment,
        **columns,
    }
    rows = [
        {**row, "arn": f"arn:{owner}:{number}:{columns}", "version": hash((owner, number, str(columns)))}
        for number in range(count)
    ]
    async with store.write() as connection:
        await connection.execute(insert(executions), rows)


async def refusal(store: Database, principal: Principal) -> LimitExceeded | None:
    """Ask to be admitted; None where nothing stands in the way."""
    async with store.write() as connection:
        try:
            await admit(connection, principal)
        except LimitExceeded as refused:
            return refused
    return None


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


async def test_the_sixth_in_a_minute_is_refused_until_the_first_is_a_minute_ago(store: Database) -> None:
    """What has already left the minute, and what others did, does not count."""
    user = new_principal("pro")
    await keep(store, user.id, 3, started_at=ago(61))
    await keep(store, "another", 5, started_at=ago(1))
    await keep(store, user.id, 1, started_at=ago(50))
    await keep(store, user.id, 3, started_at=ago(5))
    assert await refusal(store, user) is None
    await keep(store, user.id, 1, started_at=ago(4))
    refused = await refusal(store, user)
    assert refused is not None
    assert (refused.code, refused.limit) == ("RateLimitExceeded", 5)
    assert refused.retry_after_seconds is not None
    assert 1 <= refused.retry_after_seconds <= 10


async def test_the_day_of_a_key_ends_at_midnight_utc(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """250 a day by key; yesterday's, and those of the user's other keys, do not count."""
    monkeypatch.setattr(admission, "EXECUTIONS_PER_MINUTE", 1000)  # this test may run at midnight
    user = msgspec.structs.replace(new_principal("pro"), key="this")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    await keep(store, user.id, 10, api_key="this", started_at=midnight - timedelta(seconds=1))
    await keep(store, user.id, 10, api_key="that", started_at=midnight)
    await keep(store, user.id, 249, api_key="this", started_at=midnight)
    assert await refusal(store, user) is None
    await keep(store, user.id, 1, api_key="this", started_at=midnight + timedelta(microseconds=1))
    refused = await refusal(store, user)
    assert refused is not None
    assert (refused.code, refused.limit) == ("DailyLimitExceeded", 250)
    assert refused.retry_after_seconds is not None
    assert 1 <= refused.retry_after_seconds <= 86_400
    assert await refusal(store, msgspec.structs.replace(user, key="that")) is None
    assert await refusal(store, msgspec.structs.replace(user, key=None)) is None


async def test_the_free_tier_has_20_rules_a_month(store: Database) -> None:
    """Those of last month are forgotten, and the refusal says when the next one begins."""
    user = new_principal("free")
    first_day = month_start(datetime.now(UTC))
    await keep(store, user.id, 1, rules_generated=20, started_at=first_day - timedelta(seconds=1))
    await keep(store, user.id, 1, rules_generated=19, started_at=first_day)
    assert await refusal(store, user) is None
    await keep(store, user.id, 1, rules_generated=4, started_at=first_day + timedelta(microseconds=1))
    refused = await refusal(store, user)
    assert refused is not None
    assert str(refused) == "TierLimitExceeded: Monthly rule generation limit reached"
    assert refused.limit == 20
    assert refused.retry_after_seconds is not None
    back = datetime.now(UTC) + timedelta(seconds=refused.retry_after_seconds)
    assert (back.day, back > first_day + timedelta(days=27)) == (1, True)
    async with store.read() as connection:
        assert await remaining_rules(connection, user) == 0
        assert (await usage_of(connection, user)).used == 23


@pytest.mark.parametrize("tier", ["pro", "team", "enterprise"])
async def test_other_tiers_have_no_monthly_limit(store: Database, tier: str) -> None:
    """-1 means unlimited."""
    user = new_principal(tier)
    await keep(store, user.id, 1, rules_generated=10_000)
    assert await refusal(store, user) is None
    async with store.read() as connection:
        assert await remaining_rules(connection, user) is None
        usage = await usage_of(connection, user)
    assert (usage.limit, usage.tier) == (-1, tier)


async def test_without_a_tier_no_limit_applies(store: Database) -> None:
    """The local principal is its own master."""
    user = msgspec.structs.replace(new_principal(), key="this")
    await keep(store, user.id, 300, api_key="this", rules_generated=100, started_at=ago(1))
    assert await refusal(store, user) is None


async def test_nobody_can_start_more_than_the_process_can_hold(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the local principal: whoever runs them, the running ones are counted."""
    monkeypatch.setattr(admission, "RUNNING_AT_ONCE", 3)
    await keep(store, "somebody", 3, status="RUNNING")
    refused = await refusal(store, new_principal())
    assert refused is not None
    assert (refused.code, refused.retry_after_seconds) == ("RateLimitExceeded", 10)
