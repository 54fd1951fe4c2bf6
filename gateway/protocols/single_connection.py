"""GraphQL over SSE in single-connection mode: one stream carries the results of operations that requests begin."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import Any

import msgspec
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.errors import LimitExceeded
from adapters.principal import Principal
from gateway.configuration.settings import Settings
from gateway.execution.stopping import stop
from gateway.protocols.event_stream import EventStream
from gateway.protocols.graphql_request import GraphQLRequest
from gateway.protocols.messages import LONGEST_ID
from gateway.protocols.operation_stream import OperationStream, OperationStreams
from gateway.protocols.refusals import Refused
from gateway.protocols.reply import Reply
from gateway.protocols.reservations import Reservation, Reservations

logger = logging.getLogger(__name__)

OPERATION_ID = "operationId"
INTERNAL = Refused(500, "INTERNAL", "Internal error")
Refusal = dict[str, Any]


class SingleConnection:
    """Reserves streams, opens them, and begins and ends operations on them."""

    def __init__(self, streams: OperationStreams, reservations: Reservations, settings: Settings) -> None:
        self._streams = streams
        self._reservations = reservations
        self._settings = settings

    def reserve(self, principal: Principal, authorization: str | None) -> Response:
        """Answer with a token; raises Refused."""
        try:
            return PlainTextResponse(self._reservations.make(principal, authorization), 201)
        except LimitExceeded as error:
            raise Refused(429, "LIMIT_EXCEEDED", error.message) from None

    def authorization_of(self, token: str) -> str | None:
        """Give what a reservation's caller was let in by, for who opens its stream by the token; raises Refused."""
        return self._reservations.find(token, None).authorization

    def open(self, token: str, principal: Principal) -> ASGIApp:
        """Give the stream of a reservation, which has one at a time; raises Refused."""
        reservation = self._reservations.find(token, principal)
        if reservation.is_taken:
            raise Refused(409, "CONFLICT", "The stream is open already: make another reservation for another stream")
        reservation.is_taken = True

        async def hold(stream: EventStream) -> None:
            reservation.open(stream)
            await asyncio.get_running_loop().create_future()  # until the client leaves

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await EventStream(self._settings.ping_seconds, hold)(scope, receive, send)
            finally:
                await self._reservations.drop(token)

        return respond

    async def begin(self, token: str, principal: Principal, request: GraphQLRequest) -> Reply:
        """Begin an operation: 202 once it is executed, or else the errors; raises Refused."""
        reservation = self._reservations.find(token, principal)
        name = (request.extensions or {}).get(OPERATION_ID)
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
            message = f"`extensions.{OPERATION_ID}` must name the operation by a string of 1 to {LONGEST_ID} characters"
            raise Refused(400, "BAD_REQUEST", message)
        if name in reservation.operations:
            raise Refused(409, "CONFLICT", f"`extensions.{OPERATION_ID}` names an operation that runs: take another")
        most = self._settings.operations_per_connection
        if len(reservation.operations) >= most:
            raise Refused(429, "LIMIT_EXCEEDED", f"At most {most} operations run on a stream at once: end one first")
        operation = self._streams.of(request, principal)
        refused: list[Refusal] = []
        running = asyncio.create_task(_run(reservation, name, operation, refused))
        reservation.operations[name] = running
        began = asyncio.create_task(operation.began.wait())
        try:
            await asyncio.wait([running, began], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop([began])
        return _refused(refused[0]) if refused else Reply(202, b"")

    def end(self, token: str, principal: Principal, name: str | None) -> Reply:
        """End an operation, if it still runs; raises Refused."""
        reservation = self._reservations.find(token, principal)
        if not name:
            raise Refused(400, "BAD_REQUEST", f"The parameter `{OPERATION_ID}` must name the operation")
        running = reservation.operations.pop(name, None)
        if running is not None:
            running.cancel()
        return Reply(200, b"")


async def _run(reservation: Reservation, name: str, operation: OperationStream, refused: list[Refusal]) -> None:
    """Run an operation; what is not executed is a refusal, and nothing of it is told."""
    try:
        async with aclosing(operation.results()) as results:
            async for result in results:
                if not operation.began.is_set():
                    refused.append(result)
                    continue  # to its end, so that it is not taken for one that was left
                await reservation.tell("next", {"id": name, "payload": result})
    except Exception:
        logger.exception("An operation on a stream failed")
        await reservation.tell("next", {"id": name, "payload": {"errors": [INTERNAL.error]}})
    reservation.operations.pop(name, None)  # before it is told, as the client may take the name again then
    if refused:
        return
    await reservation.tell("complete", {"id": name})


def _refused(result: Refusal) -> Reply:
    is_limited = any(error["extensions"]["code"] == "LIMIT_EXCEEDED" for error in result["errors"])
    return Reply(429 if is_limited else 400, msgspec.json.encode(result))
