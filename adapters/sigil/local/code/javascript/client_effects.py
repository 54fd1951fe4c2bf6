"""Clients that are made once and then used: where they speak to, and what they take along with every request."""

from __future__ import annotations

from adapters.sigil.local.code.javascript.call import Call, known
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.names import used
from adapters.sigil.local.code.javascript.values import NOTHING, Value, merge

_BASES = ("baseURL", "baseUrl", "prefixUrl", "prefix", "base", "origin", "uri", "url")
_CARRIED = ("headers", "auth", "params", "searchParams", "query", "token")
_ONE_ADDRESS = "<client>"
_METHODS = ("request", "rawRequest", "mutate", "query", "batchRequests")


def _client(call: Call, path: str) -> Value:
    base = next((value for name in _BASES if (value := call.option(name)).text is not None), call.argument(0))
    taints = base.taints
    for name in _CARRIED:
        taints |= used(call.state, call.option(name), call.node).taints
    if call.receiver.path == path:
        base = merge(base, call.receiver)
        taints |= call.receiver.taints
    return Value(path=path, text=base.text, taints=taints)


@known(
    "axios.create",
    "axios.Axios",
    "got.extend",
    "request.defaults",
    "ky.create",
    "ky.extend",
    "ofetch.create",
    "ofetch.ofetch.create",
    "ofetch.$fetch.create",
    "undici.Client",
    "undici.Pool",
)
def _configured(call: Call) -> Value:
    return _client(call, call.path.partition(".")[0])


@known(
    "graphql-request.GraphQLClient",
    "@apollo/client.ApolloClient",
    "@apollo/client/core.ApolloClient",
    "apollo-client.ApolloClient",
    "@urql/core.Client",
    "@urql/core.createClient",
)
def _asking(call: Call) -> Value:
    return _client(call, _ONE_ADDRESS)


ASKED = tuple(f"{_ONE_ADDRESS}.{name}" for name in _METHODS)
"""Methods of clients that ask one address everything: their arguments are what is sent."""


def below(call: Call, target: Value) -> Value:
    """Give the whole address of a request by what its client is made for."""
    client = call.receiver if call.receiver.path else call.callee
    base = _base(call, client)
    if base.text is None or "://" not in base.text or "://" in (target.text or ""):
        return target
    path = target if target.text is not None else call.option("path")
    if call.path in ASKED or path.text is None:
        return Value(text=base.text, whole=True, taints=base.taints | path.taints)
    text = f"{base.text.rstrip('/')}/{shown(path).lstrip('/')}"
    return Value(text=text, whole=path.whole, taints=base.taints | path.taints)


def _base(call: Call, client: Value) -> Value:
    variable = client.variable
    defaults = variable.members.get("defaults") if variable is not None else None
    said = NOTHING
    for name in _BASES if defaults is not None else ():
        if defaults is not None and name in defaults.members:
            said = merge(said, call.state.read(defaults.members[name]))
    return said if said.text is not None else client


def carried(call: Call) -> frozenset[int]:
    """Give the facts whose data a client takes along with every request."""
    return call.receiver.taints if call.receiver.path and call.receiver.handle is None else NOTHING.taints
