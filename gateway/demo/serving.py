"""Serving the gateway on the demo's own data, which lie in a folder that goes again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from starlette.applications import Starlette

from gateway.configuration.settings import PREFIX, Settings, SettingsError
from gateway.demo.registry import demo_registry

if TYPE_CHECKING:
    from gateway.assembly import Assembly

ELSEWHERE = ("cloudsigma", "sigil", "cloudlink", "database_url", "api_keys", "jwt_issuer")
"""Settings by which the services' data or the callers would be somebody's."""
SAYS = "This is a demo: costs, deploys, packages and the threat are made up, and gone when it stops."


@contextmanager
def demo_settings(settings: Settings) -> Iterator[Settings]:
    """Give the demo's settings while its registry and folder are there; raises SettingsError for what disagrees."""
    given = [f"{PREFIX}{name.upper()}" for name in ELSEWHERE if getattr(settings, name) != _default(name)]
    if given:
        raise SettingsError(f"--demo has data and callers of its own: unset {', '.join(given)}")
    with TemporaryDirectory(prefix="trigraph-demo-") as folder, demo_registry():
        yield settings.model_copy(update={"data_dir": Path(folder), "cache_dir": settings.engine_cache})


def tell_at_start(app: Starlette, parts: Assembly) -> None:
    """Let the application load the story when its parts have started, before it answers anybody."""
    begin = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: Starlette) -> AsyncIterator[None]:
        from adapters.sigil.local.threats import ThreatRecords
        from gateway.demo.loading import load_story

        console = Console(stderr=True)
        async with begin(started):
            with console.status("Making up costs, scanning packages, writing rules…"):
                await load_story(parts.services, ThreatRecords(parts.database))
            console.print(SAYS, highlight=False, soft_wrap=True)
            yield

    app.router.lifespan_context = lifespan


def _default(name: str) -> object:
    return Settings.model_fields[name].default
