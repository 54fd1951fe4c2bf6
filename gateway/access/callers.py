"""Who sent a request, by its headers or by what came in `connection_init`, and which tokens of upstreams it brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.datastructures import Headers

from adapters.errors import InvalidInput
from adapters.principal import Principal
from gateway.access.authentication import Authenticator, Unauthenticated
from gateway.access.lasting_access import begin_visit
from gateway.access.upstream_tokens import tokens_in
from gateway.protocols.refusals import Refused, unauthenticated


class Callers:
    """Names callers, and gives them their own tokens where those may be brought."""

    def __init__(self, authenticator: Authenticator, *, own_tokens: bool = False) -> None:
        self._authenticator = authenticator
        self._own_tokens = own_tokens

    async def of_request(self, headers: Headers) -> Principal:
        """Say who sends a request; raises Refused."""
        try:
            return self.with_tokens(await self.named_by(headers.get("authorization")), headers)
        except Unauthenticated:
            raise unauthenticated() from None
        except InvalidInput as error:
            raise Refused(400, "BAD_REQUEST", error.message) from None

    async def named_by(self, authorization: str | None) -> Principal:
        """Say who brings this `Authorization`; raises Unauthenticated."""
        principal = await self._authenticator.authenticate(authorization)
        begin_visit(authorization, principal)
        return principal

    def with_tokens(self, principal: Principal, brought: Mapping[str, Any]) -> Principal:
        """Give the caller the tokens that it brings; raises InvalidInput for what is no token."""
        tokens = tokens_in(brought) if self._own_tokens else None
        return msgspec.structs.replace(principal, tokens=tokens) if tokens is not None else principal
