"""`trigraph serve cloudsigma` for one key without limits: fifty executions run at once, as no tier lets them.

TRIGRAPH_API_KEYS=KEY python bench/unlimited_cloudsigma.py
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from starlette.applications import Starlette

from adapters.cloudsigma.callers import Callers
from adapters.cloudsigma.server import create_server
from adapters.keys import digest_of
from adapters.principal import Principal
from adapters.services import Service
from gateway.assembly import Parts, open_workshop
from gateway.configuration.settings import read_settings
from gateway.serving import build_server, listen


async def serve(key: str) -> None:
    """Serve until a signal stops it."""
    settings = read_settings(port=0, api_keys="")
    workshop = open_workshop(settings)
    adapter = workshop.build(Service.CLOUDSIGMA)
    parts = Parts(database=workshop.database, durable=workshop.durable, adapters=[adapter])
    caller = Principal(id="bench", name="bench", tenant="bench")
    app = create_server(adapter, Callers(workshop.database, {digest_of(key): caller}, None))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await parts.start()
        try:
            yield
        finally:
            await parts.close()

    app.router.lifespan_context = lifespan
    listening = listen(settings)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    await build_server(app, settings, lambda: print(f"CloudSigma at {address}", flush=True)).serve([listening])


if __name__ == "__main__":
    asyncio.run(serve(os.environ.pop("TRIGRAPH_API_KEYS")))
