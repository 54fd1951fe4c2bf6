"""What every loader over a service's port is: it asks once for many keys."""

from __future__ import annotations

from typing import Generic, TypeVar

from aiodataloader import DataLoader

from adapters.principal import Principal

Port = TypeVar("Port")
Key = TypeVar("Key")
Found = TypeVar("Found")


class PortLoader(DataLoader[Key, Found], Generic[Port, Key, Found]):
    """A loader that asks a service's port as one principal."""

    max_batch_size = 400  # nested lists lead to any number of keys, and a database reads only so long a condition

    def __init__(self, port: Port, principal: Principal) -> None:
        super().__init__()
        self._port = port
        self._principal = principal
