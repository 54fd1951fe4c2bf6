"""A small graph with the names of the real one, to try the page on without the rest of trigraph."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from gateway.playground import playground_routes

ARN = "arn:cloudsigma:execution:stand-in"
STAGES = ["INGEST", "EXTRACT", "GENERATE", None]


@strawberry.type
class ServiceStatus:
    service: str = "CLOUDSIGMA"
    adapter: str = "stand-in"
    health: str = "UP"
    message: str | None = None
    latency_ms: float | None = 0.5
    breaker: str | None = None
    rate_limit_remaining: int | None = None


@strawberry.type
class Execution:
    id: strawberry.ID = strawberry.ID("RXhlY3V0aW9uOjE=")
    arn: str = ARN
    status: str = "RUNNING"
    input_type: str | None = "CVE"
    stage: str | None = "INGEST"
    progress: float | None = 0
    started_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    ttps_extracted: int = 3
    rules_generated: int = 7
    error_code: str | None = None
    error_message: str | None = None


@strawberry.interface
class Problem:
    code: str
    message: str


@strawberry.type
class InvalidInput(Problem):
    field: str | None = None


@strawberry.type
class ExecutionEvent:
    cursor: str
    at: datetime
    execution: Execution
    previous_status: str | None = None


@strawberry.input
class GenerateRulesInput:
    cve_id: str | None = None
    include_ioc_rules: bool = True


@strawberry.type
class Query:
    @strawberry.field
    def services(self) -> list[ServiceStatus]:
        return [ServiceStatus()]


@strawberry.type
class Mutation:
    @strawberry.mutation
    def generate_rules(
        self,
        input: GenerateRulesInput,  # noqa: A002 - the graph's name
    ) -> Annotated[Execution | InvalidInput, strawberry.union("GenerateRulesResult")]:
        if not input.cve_id:
            return InvalidInput(code="InvalidInput", message="no CVE")
        return Execution()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def execution_status(self, info: strawberry.Info, arn: str) -> AsyncIterator[ExecutionEvent]:
        info.context["request"].app.state.connections.append(info.context["connection_params"])
        for position, stage in enumerate(STAGES):
            status = "RUNNING" if stage else "SUCCEEDED"
            execution = Execution(arn=arn, status=status, stage=stage, progress=position / (len(STAGES) - 1))
            yield ExecutionEvent(cursor=str(position), at=datetime.now(UTC), execution=execution)
            await asyncio.sleep(0.05)

    @strawberry.subscription
    async def execution_updates(self, info: strawberry.Info) -> AsyncIterator[ExecutionEvent]:
        try:
            yield ExecutionEvent(cursor="0", at=datetime.now(UTC), execution=Execution(input_type="TEXT"))
            await asyncio.Event().wait()
        finally:
            info.context["request"].app.state.updates_ended.set()


def stand_in_app() -> Starlette:
    """Serve the playground over the small graph; `app.state` keeps what sockets brought and that a stream ended."""
    schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
    graph: GraphQL[Any, Any] = GraphQL(schema, graphql_ide=None)
    routes = [Route("/graphql", graph), WebSocketRoute("/graphql", graph), *playground_routes()]
    app = Starlette(routes=routes)
    app.state.connections = []
    app.state.updates_ended = asyncio.Event()
    return app
