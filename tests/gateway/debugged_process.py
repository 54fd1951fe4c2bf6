"""A gateway, and its CloudLink on the documented paths, with every log turned up: `python -m …debugged_process`.

Settings come from the environment. It prints both addresses, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from adapters.cloudlink.callers import Callers
from adapters.cloudlink.server import create_server
from gateway.access.authentication import authentication_of
from gateway.access.principals import read_keyring
from gateway.app import create_app
from gateway.assembly import assemble
from gateway.configuration.settings import Settings
from tests.graph_client import listening

LOUD = ("sqlalchemy", "uvicorn", "uvicorn.error", "uvicorn.access", "dbos", "httpx", "httpcore", "aiosqlite", "asyncio")


async def main() -> None:
    """Serve until nobody writes to the standard input any more."""
    settings = Settings()
    parts, keyring = assemble(settings), read_keyring(settings)
    await parts.start()
    served = create_server(parts.services.cloudlink, Callers(keyring.principals))  # type: ignore[arg-type] # the local one
    async with listening(create_app(settings, parts, authentication_of(settings))) as graph, listening(served) as rest:
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.DEBUG)
        print(graph, rest, flush=True)  # noqa: T201 - for the test that started it
        await asyncio.to_thread(sys.stdin.read)
    await parts.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG)
    asyncio.run(main())
