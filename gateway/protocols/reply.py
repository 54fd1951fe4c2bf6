"""A response that is there whole, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """A response; Starlette's own costs as much as a small query."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Respond."""
        await self.send(send)

    async def send(self, send: Send) -> None:
        """Send it."""
        headers = [
            (b"content-type", self.media_type.encode("latin-1")),
            (b"content-length", str(len(self.body)).encode("latin-1")),
            *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
