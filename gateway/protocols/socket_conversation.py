"""What is said on a socket by graphql-transport-ws, from the greeting to the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import aclosing, suppress
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from adapters.errors import InvalidInput
from adapters.principal import Principal
from gateway.access.authentication import Unauthenticated
from gateway.access.callers import Callers
from gateway.configuration.settings import Settings
from gateway.execution.stopping import stop
from gateway.protocols.graphql_request import GraphQLRequest
from gateway.protocols.messages import Complete, Init, Ping, Subscribe, Unreadable, read_message
from gateway.protocols.operation_stream import OperationStream, OperationStreams
from gateway.protocols.pings import Pings
from gateway.protocols.refusals import Refused

logger = logging.getLogger(__name__)

REASON_BYTES = 123
"""What fits into a close frame beside its code."""
CLOSE_SECONDS = 1.0
"""How long who does not read is waited for, to tell it that the socket is closed."""
INTERNAL = Refused(500, "INTERNAL", "Internal error")


class Ended(Exception):
    """The socket is to be closed, with a code of the protocol and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Conversation:
    """One socket. Whatever ends it ends its operations, and what they watched."""

    def __init__(self, websocket: WebSocket, callers: Callers, streams: OperationStreams, settings: Settings) -> None:
        self._websocket = websocket
        self._callers = callers
        self._streams = streams
        self._settings = settings
        self._is_greeted = False
        self._principal: Principal | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()  # so that who reads slowly is owed one message, not one for each operation
        self._pings = Pings(settings.ping_seconds, self._ping)
        self._ending: asyncio.Future[Ended | None] = asyncio.get_running_loop().create_future()

    async def hold(self) -> None:
        """Converse until one side has enough."""
        loop, seconds = asyncio.get_running_loop(), self._settings.connection_init_seconds
        greeting = loop.call_later(seconds, self._miss_greeting)
        self._begin(self._listen())
        self._begin(self._look_after_peer())
        try:
            ended = await self._ending
        finally:
            greeting.cancel()
            await stop(self._tasks)
        if ended is not None:
            await self._close(ended)

    def end(self, ended: Ended | None = None) -> None:
        """Close the socket; without a reason where the other side has left."""
        if not self._ending.done():
            self._ending.set_result(ended)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _listen(self) -> None:
        try:
            while (received := await self._websocket.receive())["type"] == "websocket.receive":
                self._pings.heard()
                await self._handle(received)
            self.end()
        except WebSocketDisconnect:
            self.end()
        except Unreadable as unreadable:
            self.end(Ended(4400, str(unreadable)))
        except Ended as ended:
            self.end(ended)
        except Exception:
            logger.exception("A message on a socket could not be handled")
            self.end(Ended(1011, "Internal error"))

    async def _handle(self, received: Mapping[str, Any]) -> None:
        match read_message(received):
            case Init(payload=payload):
                await self._greet(payload or {})
            case Ping():
                await self._send({"type": "pong"})
            case Subscribe() as subscribe:
                await self._subscribe(subscribe)
            case Complete(id=name) if name in self._operations:
                self._operations.pop(name).cancel()

    async def _greet(self, payload: Mapping[str, Any]) -> None:
        if self._is_greeted:
            raise Ended(4429, "Too many initialisation requests")
        self._is_greeted = True
        try:
            self._principal = await self._named_by(payload)
        except (Unauthenticated, InvalidInput):
            raise Ended(4403, "Forbidden") from None
        await self._send({"type": "connection_ack"})

    async def _named_by(self, payload: Mapping[str, Any]) -> Principal:
        """Name the caller by `Authorization` in the greeting, or else by the header of the handshake."""
        headers = self._websocket.headers
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        authorization = headers.get("authorization") if given is None else given
        principal = await self._callers.named_by(authorization if isinstance(authorization, str) else None)
        return self._callers.with_tokens(self._callers.with_tokens(principal, headers), payload)

    async def _subscribe(self, subscribe: Subscribe) -> None:
        if self._principal is None:
            raise Ended(4401, "Unauthorized")
        if subscribe.id in self._operations:
            raise Ended(4409, f"Subscriber for {subscribe.id} already exists")
        try:
            operation = self._admit(subscribe.payload, self._principal)
        except Refused as refused:
            await self._send({"id": subscribe.id, "type": "error", "payload": [refused.error]})
        else:
            self._operations[subscribe.id] = self._begin(self._run(subscribe.id, operation))

    def _admit(self, request: GraphQLRequest, principal: Principal) -> OperationStream:
        most = self._settings.operations_per_connection
        if len(self._operations) >= most:
            text = f"At most {most} operations run on a socket at once: complete one first"
            raise Refused(429, "LIMIT_EXCEEDED", text)
        return self._streams.of(request, principal)

    async def _run(self, name: str, operation: OperationStream) -> None:
        last: dict[str, Any] = {"id": name, "type": "complete"}
        try:
            async with aclosing(operation.results()) as results:
                async for result in results:
                    if operation.is_refusal:
                        last = {"id": name, "type": "error", "payload": result["errors"]}
                        continue  # to its end, so that it is not taken for one that was left
                    await self._send({"id": name, "type": "next", "payload": result})
        except WebSocketDisconnect:
            return
        except Exception:
            logger.exception("An operation on a socket failed")
            last = {"id": name, "type": "error", "payload": [INTERNAL.error]}
        self._operations.pop(name, None)
        with suppress(WebSocketDisconnect):
            await self._send(last)

    async def _look_after_peer(self) -> None:
        with suppress(WebSocketDisconnect):
            await self._pings.until_unanswered()
            self.end(Ended(4408, "No answer to a ping"))

    def _miss_greeting(self) -> None:
        if not self._is_greeted:
            self.end(Ended(4408, "Connection initialisation timeout"))

    async def _ping(self) -> None:
        await self._send({"type": "ping"})

    async def _send(self, message: Mapping[str, Any]) -> None:
        """Send; raises WebSocketDisconnect where nobody listens any more."""
        async with self._sending:
            if self._websocket.application_state is WebSocketState.DISCONNECTED:
                raise WebSocketDisconnect
            await self._websocket.send_text(msgspec.json.encode(message).decode())

    async def _close(self, ended: Ended) -> None:
        reason = ended.reason.encode()[:REASON_BYTES].decode(errors="ignore")
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):  # whoever is gone needs no reason
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(ended.code, reason)
