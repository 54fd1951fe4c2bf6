"""What the served REST APIs share."""

from __future__ import annotations

from adapters.http.serving import AccountRates, Rate

BURST = Rate(100, 50)


def test_an_account_has_a_burst_of_100_and_then_50_requests_a_second() -> None:
    """A caller that goes on knocking while it is refused gets its 50 a second all the same."""
    now = 0.0
    rates = AccountRates(clock=lambda: now)

    def served(requests: int, every: float) -> int:
        nonlocal now
        count = 0
        for _ in range(requests):
            now += every
            count += rates.take("ann", BURST)
        return count

    assert served(150, 0.0) == 100
    assert 49 <= served(1000, 0.001) <= 50
    assert rates.take("bob", BURST)
    now += 60
    assert served(150, 0.0) == 100


def test_accounts_that_are_long_gone_are_forgotten() -> None:
    """Memory is bounded, whoever calls."""
    rates = AccountRates(accounts=3)
    for account in range(10):
        rates.take(str(account), BURST)
    assert len(rates._buckets) == 3
