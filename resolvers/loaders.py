"""Loaders: they live as long as one operation, belong to one principal, and ask a port once for many keys."""

from __future__ import annotations

from collections.abc import Sequence

from aiodataloader import DataLoader

from adapters.cloudsigma.models import Execution, Output
from adapters.cloudsigma.port import CloudSigma
from adapters.principal import Principal
from adapters.services import Services


class ExecutionByArnLoader(DataLoader[str, Execution | None]):
    """Executions by ARN."""

    def __init__(self, cloudsigma: CloudSigma, principal: Principal) -> None:
        super().__init__()
        self._cloudsigma = cloudsigma
        self._principal = principal

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Execution | None]:
        """Ask for all at once."""
        return await self._cloudsigma.executions_by_arn(self._principal, keys)


class OutputByArnLoader(DataLoader[str, Output | None]):
    """What executions produced, by ARN."""

    def __init__(self, cloudsigma: CloudSigma, principal: Principal) -> None:
        super().__init__()
        self._cloudsigma = cloudsigma
        self._principal = principal

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Output | None]:
        """Ask for all at once."""
        return await self._cloudsigma.outputs_by_arn(self._principal, keys)


class Loaders:
    """The loaders of one operation."""

    def __init__(self, services: Services, principal: Principal) -> None:
        self.execution_by_arn = ExecutionByArnLoader(services.cloudsigma, principal)
        self.output_by_arn = OutputByArnLoader(services.cloudsigma, principal)
