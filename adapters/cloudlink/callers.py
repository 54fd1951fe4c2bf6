"""Who calls the served CloudLink."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.keys import Unauthorized, digest_of, holder_of
from adapters.principal import Principal

KEY_PATTERN = re.compile(r"cl_live_[0-9A-Za-z_-]{16,128}\Z")
PLAN = "growth"
"""The plan of a key that nobody has registered; every plan has every endpoint."""


class Callers:
    """Turns a bearer token into a principal.

    Without `known`, by digest, every well-formed key is a tenant of its own, which suits a server on loopback; with
    it, only those keys, of whatever form, are let in.
    """

    def __init__(self, known: Mapping[str, Principal]) -> None:
        self._known = known

    def authenticate(self, token: str) -> Principal:
        """Say whose a token is; raises Unauthorized."""
        digest = digest_of(token)
        if digest in self._known:
            return self._known[digest]
        if self._known or not KEY_PATTERN.match(token):
            raise Unauthorized
        return holder_of(digest, PLAN)
