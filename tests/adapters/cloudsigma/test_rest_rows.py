"""CloudSigma's history with a line that does not fit."""

from __future__ import annotations

from adapters.health import Health
from adapters.paging import Window
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.store.database import Database
from tests.doubles.scripted_upstream import ScriptedUpstream


async def test_a_line_that_does_not_fit_is_left_out_and_told_until_it_is_gone(database: Database) -> None:
    """In the history, and by the service's health."""
    upstream = ScriptedUpstream()
    good = upstream.run("arn:good")
    upstream.run("arn:bad", status="PONDERING")
    adapter = upstream.adapter(database)
    try:
        assert [execution.arn for execution in (await adapter.executions(LOCAL, Window(50))).nodes] == [good]
        told = await adapter.health()
        assert (told.health, told.message) == (
            Health.UP,
            "Rows that could not be read are left out: 1 of /v1/executions; the log says why",
        )
        upstream.succeed("arn:bad")
        assert len((await adapter.executions(LOCAL, Window(50))).nodes) == 2
        assert (await adapter.health()).message is None
    finally:
        await adapter.close()
