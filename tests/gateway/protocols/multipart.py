"""Reads responses in parts, as clients do."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx

BOUNDARY = re.compile(r'multipart/mixed; boundary="([^"]+)"; (.+)')


async def parts(response: httpx.Response) -> AsyncIterator[Any]:
    """Yield the JSON of each part as soon as its end is there; fails where the response does not end as it should."""
    found = BOUNDARY.fullmatch(response.headers["content-type"])
    assert found is not None, response.headers["content-type"]
    delimiter = f"--{found[1]}".encode()
    read = b"\r\n"
    is_first = True
    async for chunk in response.aiter_raw():
        read += chunk
        *whole, read = read.split(b"\r\n" + delimiter)
        for part in whole:
            if is_first:
                assert part == b""
                is_first = False
                continue
            head, _, body = part.partition(b"\r\n\r\n")
            assert head.strip() == b"Content-Type: application/json; charset=utf-8"
            yield json.loads(body)
    assert read == b"--\r\n"
