"""The probes an orchestrator asks."""

from __future__ import annotations

import pytest

from adapters.health import Health
from tests.gateway.edge import Edge


async def test_both_probes_are_open_to_all(keyed: Edge) -> None:
    """An orchestrator has no key."""
    async with keyed.client() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "store": "UP", "cloudsigma": "UP", "sigil": "UP", "cloudlink": "UP"}


@pytest.mark.parametrize(("health", "status"), [(Health.UP, 200), (Health.DEGRADED, 200), (Health.DOWN, 503)])
async def test_ready_is_whoever_can_work(health: Health, status: int, edge: Edge) -> None:
    """A service that is down takes the gateway out of the rotation, one that limps does not; it lives on either way."""
    edge.cloudsigma.health_now = health
    async with edge.client() as client:
        ready, alive = await client.get("/readyz"), await client.get("/healthz")
    assert (ready.status_code, ready.json()["cloudsigma"]) == (status, health.value)
    assert alive.status_code == 200


async def test_without_a_store_nothing_is_ready(edge: Edge) -> None:
    """A database that gives no answer is told as down, and nothing is told of its address."""
    path = edge.settings.data_dir / "trigraph.sqlite3"
    path.write_text("this is no database, but a text of some length" * 10)
    async with edge.client() as client:
        ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {
        "status": "not ready",
        "store": "DOWN",
        "cloudsigma": "UP",
        "sigil": "UP",
        "cloudlink": "UP",
    }
