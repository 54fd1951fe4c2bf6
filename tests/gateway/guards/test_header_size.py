"""Requests whose URL or headers are larger than anything a client needs."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import websockets

from tests.gateway.edge import Served, opened

MOST = 32 * 1024


def padded(size: int) -> dict[str, str]:
    return {"query": "{ viewer { id } } #".ljust(size, "x")}


async def test_a_url_and_headers_of_usual_size_are_read(served: Served) -> None:
    """A long query by GET is no harm."""
    async with httpx.AsyncClient(base_url=f"http://{served.host}") as client:
        answer = await client.get("/graphql", params=padded(8 * 1024), headers={"X-Large": "x" * 8 * 1024})
    assert answer.json() == {"data": {"viewer": {"id": "local"}}}


@pytest.mark.parametrize(("url", "header", "status"), [(MOST, 0, 414), (0, MOST, 431), (MOST // 2, MOST // 2, 431)])
async def test_what_is_larger_is_refused(url: int, header: int, status: int, served: Served) -> None:
    """With a sentence that says how much is read."""
    async with httpx.AsyncClient(base_url=f"http://{served.host}") as client:
        answer = await client.get("/graphql", params=padded(url), headers={"X-Large": "x" * header})
    (error,) = answer.json()["errors"]
    assert answer.status_code == status
    assert str(MOST) in error["message"]
    assert error["extensions"] == {"code": "REQUEST_TOO_LARGE"}


async def test_headers_without_end_are_not_gathered(served: Served) -> None:
    """The server itself stops reading: what never ends never reaches the application."""
    async with httpx.AsyncClient(base_url=f"http://{served.host}") as client:
        try:
            status = (await client.get("/graphql", headers={"X-Large": "x" * 8 * 1024 * 1024})).status_code
        except (httpx.WriteError, httpx.ReadError):
            status = 400  # it was closed while we still wrote
    assert status == 400


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """Who never sends much can ask for less."""
    async with opened(tmp_path, max_header_bytes=4096) as edge, edge.client() as client:
        answers = [await client.get("/graphql", params=padded(size)) for size in (1024, 4096)]
    assert [answer.status_code for answer in answers] == [200, 414]


async def test_the_limit_holds_for_a_sockets_handshake(served: Served) -> None:
    """It has a URL and headers, too."""
    headers = {f"X-Large-{number}": "x" * 8000 for number in range(MOST // 8000 + 1)}
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://{served.host}/graphql", additional_headers=headers, proxy=None)
    assert refused.value.response.status_code == 431
