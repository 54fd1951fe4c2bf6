"""The hourly cost of a service as an array, which the engines read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class CostSeries:
    """USD per hour of a service over all its credentials, from the hour number `first_hour` on; NaN where unknown."""

    service: str
    first_hour: int
    usd: NDArray[np.float64]

    @property
    def end_hour(self) -> int:
        """The number of the hour after the last."""
        return self.first_hour + len(self.usd)
