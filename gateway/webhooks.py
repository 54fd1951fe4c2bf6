"""Webhooks that come in: CloudLink tells what has changed, so that nobody waits for the next poll."""

from __future__ import annotations

import logging
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.cloudlink.webhooks import (
    BODY_BYTES,
    SIGNATURE,
    Replayed,
    TakesEvents,
    Unreadable,
    WebhookReceiver,
    WrongSignature,
)
from adapters.http.serving import BodyTooLarge, read_body

logger = logging.getLogger(__name__)

PATH = "/webhooks/cloudlink"


def webhook_routes(cloudlink: object, secret: str) -> list[BaseRoute]:
    """Take CloudLink's webhooks where there is a secret to check them with and an adapter that takes events."""
    if not secret or not hasattr(cloudlink, "receive"):  # from Python 3.12, isinstance does not see through a wrapper
        return []
    endpoint = CloudLinkWebhooks(cast("TakesEvents", cloudlink), WebhookReceiver(secret))
    return [Route(PATH, endpoint.receive, methods=["POST"])]


class CloudLinkWebhooks:
    """Hands what is signed and new to the adapter."""

    def __init__(self, adapter: TakesEvents, receiver: WebhookReceiver) -> None:
        self._adapter = adapter
        self._receiver = receiver

    async def receive(self, request: Request) -> Response:
        """Answer 202 to an event, 401 to a wrong signature, 409 to a replay, 413 and 400 to what is no event."""
        try:
            body = await read_body(request, BODY_BYTES)
            event = self._receiver.take(body, request.headers.get(SIGNATURE, ""))
        except BodyTooLarge as error:
            return _refusal(413, error)
        except WrongSignature as error:
            return _refusal(401, error)
        except Unreadable as error:
            return _refusal(400, error)
        except Replayed as error:
            return _refusal(409, error)
        await self._adapter.receive(event)
        return Response(status_code=202)


def _refusal(status: int, error: Exception) -> Response:
    logger.warning("A webhook of CloudLink was refused with HTTP %d: %s", status, error)
    return JSONResponse({"detail": str(error)}, status)
