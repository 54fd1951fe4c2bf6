"""Swagger UI is served whole from here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from adapters.http.swagger import swagger_routes


@pytest.fixture
async def server() -> AsyncIterator[httpx.AsyncClient]:
    """A server of nothing but the pages."""
    transport = httpx.ASGITransport(Starlette(routes=swagger_routes("Things")))
    async with httpx.AsyncClient(transport=transport, base_url="http://things.test") as client:
        yield client


async def test_the_page_names_files_of_ours_only(server: httpx.AsyncClient) -> None:
    """And a policy that lets in no other; no script stands in the page."""
    page = await server.get("/docs")
    assert page.status_code == 200
    assert "<title>Things API</title>" in page.text
    assert "//" not in page.text
    assert "<script>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        asset = await server.get(f"/{name}")
        assert asset.status_code == 200, name
        assert asset.headers["x-content-type-options"] == "nosniff"
    assert (await server.get("/docs/../server.py")).status_code == 404
