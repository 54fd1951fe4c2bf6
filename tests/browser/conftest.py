"""A Chromium and a server on loopback for tests that use the playground as a person does."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playground_page import Playground
from playwright.async_api import async_playwright
from starlette.types import ASGIApp

from gateway.playground import is_built

CHROMIUM = Path(os.environ.get("TRIGRAPH_TEST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(autouse=True)
def _needs_chromium_and_assets() -> None:
    if not CHROMIUM.is_file():
        pytest.skip(f"no Chromium at {CHROMIUM}: install it or name it in TRIGRAPH_TEST_CHROMIUM")
    if not is_built():
        pytest.skip("the playground is not built: run `npm ci && npm run build` in console/")


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[ASGIApp], Awaitable[str]]]:
    """Serve an app on a free port of loopback until the test ends and give its address."""
    async with AsyncExitStack() as servers:
        yield lambda app: servers.enter_async_context(_served(app))


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="websockets-sansio")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if running.done():
                running.result()
                raise RuntimeError("the server ended before it had started")
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    """Open a blank page of a Chromium with a profile of its own."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1440, "height": 900}
        )
        yield Playground(context.pages[0])
        await context.close()
