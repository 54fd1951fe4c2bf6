"""What every loader over a service's port is: it asks once for many keys."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar, cast

from aiodataloader import DataLoader

from adapters.errors import InvalidPayload
from adapters.principal import Principal

Port = TypeVar("Port")
Key = TypeVar("Key")
Found = TypeVar("Found")


class PortLoader(DataLoader[Key, Found], Generic[Port, Key, Found]):
    """A loader that asks a service's port as one principal.

    Where what one key names can't be read, each is asked for by itself: the others are not lost with it.
    """

    max_batch_size = 400  # nested lists lead to any number of keys, and a database reads only so long a condition

    def __init__(self, port: Port, principal: Principal) -> None:
        self._load_batch = self.batch_load_fn  # the subclass's, before which the next line puts ours
        super().__init__(self._load_readable)
        self._port = port
        self._principal = principal

    async def _load_readable(self, keys: list[Key]) -> list[Found]:
        try:
            return await self._load_batch(keys)
        except InvalidPayload:
            if len(keys) == 1:
                raise
        alone = await asyncio.gather(*(self._load_batch([key]) for key in keys), return_exceptions=True)
        # An exception at a key's place is raised to who asked for that key.
        return cast("list[Found]", [found if isinstance(found, BaseException) else found[0] for found in alone])
