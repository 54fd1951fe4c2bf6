"""Loaders over the links between executions and what they were asked for from, which the gateway keeps."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.origins import Origin, Origins
from resolvers.port_loader import PortLoader


class OriginByArnLoader(PortLoader[Origins, str, Origin | None]):
    """Origins of executions, by ARN."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Origin | None]:
        """Ask for all at once."""
        return await self._port.of_executions(self._principal, keys)


class ArnsByOriginLoader(PortLoader[Origins, Origin, list[str]]):
    """ARNs of executions, by their origin."""

    async def batch_load_fn(self, keys: Sequence[Origin]) -> list[list[str]]:
        """Ask for all at once."""
        return await self._port.executions_of(self._principal, keys)
