"""What a deploy was found to have done to the cost of its service."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.cloudlink.local.hours import HOURS_OF_A_MONTH
from adapters.confidence import Confidence

HIGH_FROM = 0.7
MEDIUM_FROM = 0.4


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a deploy did to its service's cost, in USD an hour; `confidence_score` is 0 to 1."""

    regressed: bool
    baseline_usd: float = 0.0
    post_usd: float = 0.0
    confidence_score: float = 0.0

    @property
    def change_pct(self) -> float:
        """The rise in percent; 100 where it cost nothing before."""
        return 100 * (self.post_usd / self.baseline_usd - 1) if self.baseline_usd > 0 else 100.0

    @property
    def monthly_impact_usd(self) -> float:
        """The rise over 720 hours."""
        return (self.post_usd - self.baseline_usd) * HOURS_OF_A_MONTH

    @property
    def confidence(self) -> Confidence:
        """The score in a word."""
        if self.confidence_score >= HIGH_FROM:
            return Confidence.HIGH
        return Confidence.MEDIUM if self.confidence_score >= MEDIUM_FROM else Confidence.LOW


CLEAN = Judgement(regressed=False)
