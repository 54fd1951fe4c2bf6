"""The services of the graph, by their adapters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapters.cloudsigma.port import CloudSigma


class Service(StrEnum):
    """The services that the graph unifies."""

    CLOUDSIGMA = "cloudsigma"
    CLOUDLINK = "cloudlink"
    SIGIL = "sigil"


@dataclass(frozen=True, kw_only=True)
class Services:
    """One adapter a service."""

    cloudsigma: CloudSigma
