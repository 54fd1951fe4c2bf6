"""When two requests are the same, and whose they are, without keeping anybody's token."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import httpx

from adapters.http.observing import UNKEYED_HEADERS

LEFT_OUT = frozenset(name.encode() for name in {*UNKEYED_HEADERS, "authorization"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadKey(NamedTuple):
    """Everything that a read's answer depends on; `token` is a digest."""

    token: bytes
    method: str
    url: str
    headers: tuple[tuple[bytes, bytes], ...]


def token_digest(request: httpx.Request) -> bytes:
    """Give a digest of the Authorization header, also where there is none."""
    return blake2b(request.headers.get("authorization", "").encode(), digest_size=16).digest()


def read_key(request: httpx.Request) -> ReadKey:
    """Give the key that equal reads share."""
    headers = sorted((name.lower(), value) for name, value in request.headers.raw if name.lower() not in LEFT_OUT)
    return ReadKey(token_digest(request), request.method, str(request.url), tuple(headers))
