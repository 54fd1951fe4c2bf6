"""What operations on one connection share, and what they don't."""

from __future__ import annotations

from adapters.cloudsigma.models import Stage
from tests.doubles.memory_cloudsigma import finished_output
from tests.gateway.edge import Edge, Served, connected

TWICE = "query($arn: String!) { a: execution(arn: $arn) { stage } b: execution(arn: $arn) { stage } }"
OUTPUT = "subscription($arn: String!) { executionStatus(arn: $arn) { execution { rules { id } ttps { name } } } }"


async def test_one_operation_asks_once_for_what_it_needs_twice(edge: Edge) -> None:
    """Two fields that name the same execution are one call of the port."""
    arn = await edge.begin()
    answer = await edge.ask(TWICE, arn=arn)
    assert answer["data"]["a"] == answer["data"]["b"] == {"stage": "INGEST"}
    assert edge.cloudsigma.calls["executions_by_arn"] == 1


async def test_operations_on_one_socket_share_no_loader(edge: Edge, served: Served) -> None:
    """The second sees what has changed since the first."""
    arn = await edge.begin()
    async with connected(served) as socket:
        await socket.init()
        stages = []
        for name, stage in (("1", Stage.EXTRACT), ("2", Stage.CONVERT)):
            edge.cloudsigma.advance(arn, stage)
            await socket.subscribe(TWICE, name, arn=arn)
            stages.append((await socket.hear())["payload"]["data"]["a"]["stage"])
            await socket.hear()
    assert stages == ["EXTRACT", "CONVERT"]
    assert edge.cloudsigma.calls["executions_by_arn"] == 2


async def test_events_of_one_stream_share_no_loader(edge: Edge, served: Served) -> None:
    """Within an event the output is asked for once; it is not asked for while an execution runs."""
    arn = await edge.begin()
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(OUTPUT, arn=arn)
        await socket.event()
        assert edge.cloudsigma.calls["outputs_by_arn"] == 0
        edge.cloudsigma.finish(arn, finished_output())
        await socket.event()
    assert edge.cloudsigma.calls["outputs_by_arn"] == 1
