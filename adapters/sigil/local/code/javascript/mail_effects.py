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


@method("insertOne", "insertMany", "publish", "putObject")
def _stored(call: Call) -> Value:
    """Read what goes into somebody's database, queue or bucket."""
    if call.taints:
        call.state.sink(Behaviour.SENDS, call.node, call.taints, call.method)
    return NOTHING


@method(
    "createOrUpdateFileContents",
    "createForAuthenticatedUser",
    "createOrUpdateRepoSecret",
    "createBlob",
    "createGist",
)
def _to_code_host(call: Call) -> Value:
    """Read what is put into a repository through GitHub's client."""
    call.state.sink(Behaviour.SENDS, call.node, call.taints, "https://api.github.com/")
    return NOTHING
