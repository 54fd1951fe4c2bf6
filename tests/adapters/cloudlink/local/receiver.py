"""A receiver of webhooks on loopback: keeps what it is sent, and answers as a test decides."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a webhook."""

    event: str
    payload: dict[str, Any]
    id: str
    timestamp: datetime


@dataclass(frozen=True)
class Received:
    """A request: its first line, its headers with names in lower case, and its body, as they came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Event:
        """The body, read."""
        return msgspec.json.decode(self.body, type=Event)


@dataclass
class Receiver:
    """Answers 200 while `open` is set, or what `answers` holds first: a status, or None to wait for a hang-up."""

    received: list[Received] = field(default_factory=list)
    answers: deque[int | None] = field(default_factory=deque)
    at_once: int = 0
    most_at_once: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def url(self, path: str = "/events", host: str = "hooks.example") -> str:
        """Write a URL that leads here, if names are resolved by `resolve`."""
        return f"http://{host}:{self.port}{path}"

    def allowed(self, *hosts: str) -> frozenset[str]:
        """Name hosts with this port, for a guard that shall let them through."""
        return frozenset(f"{host}:{self.port}" for host in hosts or ("hooks.example",))

    async def resolve(self, _host: str, _port: int) -> Sequence[str]:
        """Lead every name here."""
        return ["127.0.0.1"]

    async def start(self) -> None:
        """Listen on a free port."""
        self.open.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self.at_once -= 1
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.received.append(Received(first, headers, body))
        await self.open.wait()
        status = self.answers.popleft() if self.answers else 200
        if status is None:
            await reader.read()
            return
        location = "Location: /elsewhere\r\n" if str(status).startswith("3") else ""
        writer.write(f"HTTP/1.1 {status} Told\r\n{location}Content-Length: 1000000000\r\n\r\n".encode())
        await writer.drain()
