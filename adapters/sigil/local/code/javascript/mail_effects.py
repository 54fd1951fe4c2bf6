"""What goes out by mail and through chat programs' libraries."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, method
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.values import NOTHING, Value


@method("sendMail", "sendMessage", "sendDocument")
def _message(call: Call) -> Value:
    if call.taints:
        target = call.option("to")
        mail = f"mailto:{shown(target) if target.text else ''}"
        call.state.sink(Behaviour.SENDS, call.node, call.taints, mail if call.method == "sendMail" else call.method)
    return NOTHING
