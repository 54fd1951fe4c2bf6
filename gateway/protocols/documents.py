"""Which text a request means: the one that it holds, or one that is known by the name or the hash it gives."""

from __future__ import annotations

from adapters.principal import Principal
from gateway.guards.rate_limit import RateLimit
from gateway.limits.characters import refuse_long
from gateway.protocols.graphql_request import GraphQLRequest
from gateway.protocols.persisted_queries import PersistedQueries, persisted_query_in
from gateway.protocols.refusals import Refused
from gateway.protocols.trusted_documents import TrustedDocuments

MISSING = "The request has no operation: give one in `query`"


class Documents:
    """Finds the text of an operation, for every protocol, if its caller may begin one right now."""

    def __init__(
        self, trusted: TrustedDocuments, persisted: PersistedQueries, rate_limit: RateLimit, max_characters: int
    ) -> None:
        self._trusted = trusted
        self._persisted = persisted
        self._rate_limit = rate_limit
        self._max_characters = max_characters

    def text_of(self, request: GraphQLRequest, principal: Principal) -> str:
        """Give the text to execute; raises Refused where there is none, or none that may be executed."""
        self._rate_limit.admit(principal)
        persisted = persisted_query_in(request.extensions)
        name = request.document_id or request.id or (persisted.sha256_hash if persisted else None)
        trusted = self._trusted.find(name) if name else None
        if trusted is not None:
            return trusted
        self._trusted.refuse_other(request.query)
        refuse_long(request.query or "", self._max_characters)
        if persisted is None:
            return request.query or _refuse(name)
        if not request.query:
            return self._persisted.find(principal.tenant, persisted.sha256_hash)
        self._persisted.keep(principal.tenant, persisted.sha256_hash, request.query)
        return request.query


def _refuse(name: str | None) -> str:
    if name is None:
        raise Refused(400, "BAD_REQUEST", MISSING)
    raise Refused(
        400, "DOCUMENT_NOT_FOUND", "The gateway's manifest has no document of this id: send its text in `query`"
    )
