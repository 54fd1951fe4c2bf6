"""The page in a real Chromium, over a stand-in for the graph."""

import asyncio
from collections.abc import Awaitable, Callable

from playground_page import Playground
from stand_in_graph import ARN, STAGES, stand_in_app
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

Serve = Callable[[ASGIApp], Awaitable[str]]


async def test_a_query_of_the_examples_runs_without_leaving_the_host(playground: Playground, serve: Serve) -> None:
    """The page opens, an example opens and runs, nothing is asked of another host and nothing is refused."""
    address = await serve(stand_in_app())
    await playground.open(address)
    await playground.open_example("Where the data comes from")
    await playground.run()
    answer = await playground.result(holding="adapter")
    assert answer["data"]["services"][0]["adapter"] == "stand-in"
    assert playground.hosts() == {"127.0.0.1"}
    assert playground.complaints == []


async def test_a_subscription_pushes_each_change_into_the_result_pane(playground: Playground, serve: Serve) -> None:
    """After a mutation, the example that watches is filled with its arn and shows every stage up to the end."""
    address = await serve(stand_in_app())
    await playground.open(address)
    await playground.open_example("Rules from a CVE")
    await playground.run()
    await playground.result(holding=ARN)
    await playground.open_example("Watch one execution")
    assert ARN in await playground.operation()
    await playground.run()
    await playground.result(holding="SUCCEEDED")
    executions = [result["data"]["executionStatus"]["execution"] for result in await playground.results()]
    assert [execution["stage"] for execution in executions] == STAGES
    assert playground.complaints == []


async def test_an_operation_written_by_hand_takes_its_variables(playground: Playground, serve: Serve) -> None:
    """An operation and its variables, typed in, are sent together, a subscription's too."""
    await playground.open(await serve(stand_in_app()))
    await playground.set_operation("subscription ($arn: String!) { executionStatus(arn: $arn) { execution { arn } } }")
    await playground.set_variables({"arn": "arn:of:mine"})
    await playground.run()
    answer = await playground.result()
    assert answer == {"data": {"executionStatus": {"execution": {"arn": "arn:of:mine"}}}}


async def test_stopping_a_subscription_ends_it_on_the_server(playground: Playground, serve: Serve) -> None:
    """The stop button closes a stream at once, even one that sends nothing more."""
    app = stand_in_app()
    await playground.open(await serve(app))
    await playground.open_example("Watch all executions")
    await playground.run()
    await playground.result(holding="RUNNING")
    await playground.stop()
    await asyncio.wait_for(app.state.updates_ended.wait(), timeout=5)


async def test_authorization_of_the_header_editor_reaches_connection_init(playground: Playground, serve: Serve) -> None:
    """What stands under Headers follows into the next example and goes with its connection_init, rightly named."""
    app = stand_in_app()
    address = await serve(app)
    await playground.open(address)
    await playground.set_headers({"authorization": "Bearer secret", "X-Other": "stays here"})
    await playground.open_example("Watch one execution")
    await playground.run()
    await playground.result(holding="SUCCEEDED")
    assert app.state.connections == [{"Authorization": "Bearer secret"}]


async def test_a_socket_that_wants_a_key_says_where_to_put_it(playground: Playground, serve: Serve) -> None:
    """In one sentence, without the stack of the page's own code."""

    async def refuse(websocket: WebSocket) -> None:
        await websocket.accept("graphql-transport-ws")
        await websocket.close(4403, "Forbidden")

    app = stand_in_app()
    app.routes.insert(0, WebSocketRoute("/graphql", refuse))
    await playground.open(await serve(app))
    await playground.open_example("Watch all executions")
    await playground.run()
    (error,) = (await playground.result(holding="4403"))["errors"]
    assert error["message"].startswith("The server closed the socket, 4403 Forbidden: put ")
    assert "under Headers" in error["message"]
    assert list(error) == ["message"]
