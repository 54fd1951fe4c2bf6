"""Hourly costs of invented services, with deploys whose effect is known: the same seed gives the same costs.

A service's cost is level x trend x day x week x noise, with gaps and stray spikes; what varies from one service to the
next is drawn. Noise has a coefficient of variation of 2 to 15 %, for a third of the services it lingers from one hour
to the next. One service in eight is known for three to ten days only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from adapters.cloudlink.local.hours import hour_start
from adapters.cloudlink.local.series import CostSeries

Hours = NDArray[np.float64]

FIRST_HOUR = 473_352  # Monday 2024-01-01, 00:00 UTC
DAY, WEEK = 24, 168
HISTORY = 5 * WEEK
TAIL = 2 * DAY
LASTING = 36
"""Hours between deploys of a service that are not meant to be near each other."""


class Effect(StrEnum):
    """What a deploy does to the cost of its service."""

    NONE = "none"
    STEP = "step"
    RAMP = "ramp"
    SPIKE = "spike"


@dataclass(frozen=True)
class PlantedDeploy:
    """A deploy at an hour of the series, and its effect; `place` says why a deploy without one stands there."""

    hour: int
    effect: Effect
    factor: float = 1.0
    minute: int = 0
    place: str = "anywhere"

    @property
    def deployed_at(self) -> datetime:
        """The moment: within the hour before the effect begins, or at its start."""
        if not self.minute:
            return hour_start(self.hour)
        return hour_start(self.hour - 1) + timedelta(minutes=self.minute)


@dataclass(frozen=True)
class GeneratedService:
    """A service's costs, and its deploys in the order of time; `noise` is its coefficient of variation."""

    series: CostSeries
    deploys: tuple[PlantedDeploy, ...]
    noise: float


def generate_services(seed: int, count: int) -> list[GeneratedService]:
    """Draw services; every fourth shares an hour of deploy with the one before, which has a step there."""
    random = np.random.default_rng(seed)
    services: list[GeneratedService] = []
    beside: int | None = None
    for number in range(count):
        service = _service(random, f"service-{number}", beside)
        steps = [deploy.hour for deploy in service.deploys if deploy.effect is Effect.STEP]
        beside = steps[0] if steps and number % 4 == 2 else None
        services.append(service)
    return services


def _service(random: np.random.Generator, name: str, beside: int | None) -> GeneratedService:
    known = int(random.integers(3 * DAY, 10 * DAY)) if random.random() < 1 / 8 else HISTORY
    hours = np.arange(FIRST_HOUR + HISTORY - known, FIRST_HOUR + HISTORY + 2 * WEEK + TAIL)
    season = _season(random, hours)
    noise = float(random.uniform(0.02, 0.15))
    level = float(np.exp(random.uniform(np.log(0.05), np.log(200))))
    trend = np.exp(random.uniform(-0.08, 0.08) * (hours - hours[0]) / WEEK)
    usd = level * trend * season * _noise(random, len(hours), noise)
    deploys = _deploys(random, hours, season, beside)
    for deploy in deploys:
        usd = usd * _effect(deploy, hours, random)
    usd[random.random(len(hours)) < 0.002] *= random.uniform(1.5, 4)
    return GeneratedService(CostSeries(name, int(hours[0]), _with_gaps(random, usd)), deploys, noise)


def _season(random: np.random.Generator, hours: NDArray[np.int64]) -> Hours:
    """Draw a day and a week: a wave, office hours, a nightly job, or nothing, and often a quieter weekend."""
    hour, day = hours % DAY, (hours // DAY + 3) % 7
    kind = random.choice(["wave", "office", "job", "flat"], p=[0.45, 0.3, 0.15, 0.1])
    shift, height = int(random.integers(0, DAY)), float(random.uniform(0.1, 0.6))
    season: Hours = np.ones(len(hours))
    if kind == "wave":
        season = 1 + height * np.sin(2 * np.pi * (hour - shift) / DAY)
    elif kind == "office":
        season = np.where((hour - shift) % DAY < 9, 1 + 2 * height, 1.0)
    elif kind == "job":
        season = np.where((hour - shift) % DAY < 2, 1 + 4 * height, 1.0)
    weekend = float(random.uniform(0.5, 1.0)) if random.random() < 0.7 else 1.0
    if kind == "office" and random.random() < 0.5:
        return np.where(day >= 5, weekend, season)
    return np.asarray(season * np.where(day >= 5, weekend, 1.0))


def _noise(random: np.random.Generator, length: int, deviation: float) -> Hours:
    lingering = float(random.uniform(0.2, 0.6)) if random.random() < 1 / 3 else 0.0
    shocks = random.normal(0, deviation * np.sqrt(1 - lingering**2), length)
    noise = np.empty(length)
    noise[0] = random.normal(0, deviation)
    for hour in range(1, length):
        noise[hour] = lingering * noise[hour - 1] + shocks[hour]
    return np.exp(noise - deviation**2 / 2)


def _deploys(
    random: np.random.Generator, hours: NDArray[np.int64], season: Hours, beside: int | None
) -> tuple[PlantedDeploy, ...]:
    """Draw four deploys of the last two weeks, at times one more close to a step, and one beside another's step."""
    first = max(FIRST_HOUR + HISTORY, int(hours[0]) + 2 * DAY)
    chosen: list[PlantedDeploy] = []
    rises = np.flatnonzero(season[1:] > season[:-1] * 1.05) + 1
    mondays = np.flatnonzero((hours // DAY + 3) % 7 == 0)
    for effect in random.permutation([Effect.STEP, Effect.NONE, Effect.NONE, *random.choice(list(Effect), 1)]):
        place, among = "anywhere", np.arange(len(hours))
        if effect == Effect.NONE:
            place = str(random.choice(["anywhere", "daily rise", "monday"]))
            among = {"daily rise": rises, "monday": mondays}.get(place, among)
        free = [
            int(hours[index])
            for index in among
            if first <= hours[index] < hours[-1] - TAIL
            and all(abs(int(hours[index]) - other.hour) >= LASTING for other in chosen)
        ]
        if free:
            chosen.append(_deploy(random, int(random.choice(free)), Effect(effect), place))
    chosen += _near(random, chosen)
    if beside is not None and all(abs(beside - other.hour) >= LASTING for other in chosen):
        chosen.append(PlantedDeploy(beside, Effect.NONE, place="beside another service"))
    return tuple(sorted(chosen, key=lambda deploy: deploy.deployed_at))


def _deploy(random: np.random.Generator, hour: int, effect: Effect, place: str) -> PlantedDeploy:
    factor = 1.0 if effect is Effect.NONE else float(random.uniform(1.1, 3.0))
    if effect is Effect.STEP and random.random() < 0.5:
        factor = float(random.uniform(1.1, 1.5))
    return PlantedDeploy(hour, effect, factor, int(random.choice([0, 10, 25, 40])), place)


def _near(random: np.random.Generator, chosen: list[PlantedDeploy]) -> list[PlantedDeploy]:
    """Draw, for one step in three, a deploy without effect one to eight hours before or after it."""
    near = []
    for step in (deploy for deploy in chosen if deploy.effect is Effect.STEP):
        if random.random() < 1 / 3:
            apart = int(random.integers(1, 9)) * int(random.choice([-1, 1]))
            near.append(PlantedDeploy(step.hour + apart, Effect.NONE, minute=step.minute, place="near a step"))
    return near


def _effect(deploy: PlantedDeploy, hours: NDArray[np.int64], random: np.random.Generator) -> Hours:
    since = hours - deploy.hour
    if deploy.effect is Effect.STEP:
        partly = 1 + (deploy.factor - 1) * (60 - deploy.minute) / 60 if deploy.minute else 1.0
        return np.where(since >= 0, deploy.factor, np.where(since == -1, partly, 1.0))
    if deploy.effect is Effect.RAMP:
        return 1 + (deploy.factor - 1) * np.clip((since + 1) / random.integers(6, 48), 0, 1)
    if deploy.effect is Effect.SPIKE:
        return np.where(since == 0, deploy.factor, 1.0)
    return np.ones(len(hours))


def _with_gaps(random: np.random.Generator, usd: Hours) -> Hours:
    """Forget single hours, and for one service in four a stretch of up to twelve."""
    gappy = np.where(random.random(len(usd)) < random.uniform(0, 0.03), np.nan, usd)
    if random.random() < 0.25:
        start = int(random.integers(0, len(usd)))
        gappy[start : start + int(random.integers(3, 12))] = np.nan
    return gappy
