"""Loaders over CloudSigma's port."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cloudsigma.models import Execution, Output
from adapters.cloudsigma.port import CloudSigma
from resolvers.port_loader import PortLoader


class ExecutionByArnLoader(PortLoader[CloudSigma, str, Execution | None]):
    """Executions by ARN."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Execution | None]:
        """Ask for all at once."""
        return await self._port.executions_by_arn(self._principal, keys)


class OutputByArnLoader(PortLoader[CloudSigma, str, Output | None]):
    """What executions produced, by ARN."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Output | None]:
        """Ask for all at once."""
        return await self._port.outputs_by_arn(self._principal, keys)
