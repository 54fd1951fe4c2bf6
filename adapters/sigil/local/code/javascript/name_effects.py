"""What looks names up, and what the answers are."""

from __future__ import annotations

from adapters.sigil.local.code import telling
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, known
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.values import UNKNOWN_PART, Value

_LOOKUPS = (
    "lookup",
    "resolve",
    "resolve4",
    "resolve6",
    "resolveTxt",
    "resolveAny",
    "resolveCname",
    "resolveMx",
    "resolveNs",
)


@known(*(f"{base}.{name}" for base in ("dns", "dns.Resolver", "<resolver>") for name in _LOOKUPS))
def _lookup(call: Call) -> Value:
    name = call.data(0)
    suffix = (name.text or "").rpartition(UNKNOWN_PART)[2]
    value = Value(taints=call.state.source(Behaviour.DOWNLOADS, call.node, call.shown(0), hidden=True))
    call.answer(value)
    if name.taints or (not name.whole and "." in suffix) or telling.place(suffix):
        call.state.sink(Behaviour.LOOKS_UP_NAME, call.node, name.taints, shown(name) if name.text else "")
    return value


@known("dns.Resolver")
def _resolver(_: Call) -> Value:
    return Value(path="<resolver>")
