"""The services of the graph, by their adapters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from adapters.cloudlink.port import CloudLink
from adapters.cloudsigma.port import CloudSigma
from adapters.health import ServiceHealth
from adapters.history.analytics import Analytics
from adapters.origins import Origins
from adapters.sigil.port import Sigil


class Service(StrEnum):
    """The services that the graph unifies."""

    CLOUDSIGMA = "cloudsigma"
    CLOUDLINK = "cloudlink"
    SIGIL = "sigil"


class Adapter(Protocol):
    """What every adapter has, whatever its service."""

    async def start(self) -> None:
        """Get ready: called once, before anything else."""

    async def close(self) -> None:
        """Let go of everything that start took."""

    async def health(self) -> ServiceHealth:
        """Say how the service is."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """One adapter a service, and what the gateway keeps itself: the links between them, and what all of them did."""

    cloudsigma: CloudSigma
    sigil: Sigil
    cloudlink: CloudLink
    origins: Origins
    analytics: Analytics

    def by_name(self) -> dict[Service, Adapter]:
        """Give the adapters by their services."""
        return {
            Service.CLOUDSIGMA: self.cloudsigma,
            Service.SIGIL: self.sigil,
            Service.CLOUDLINK: self.cloudlink,
        }
