"""What goes out by mail and through chat programs' libraries."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, method
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.state import State
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Value
from adapters.sigil.local.code.telling_mail import added_recipient


def copied(state: State, node: Node, name: str | None, value: Value) -> None:
    """Enter that what is given to a field of a message is, or holds, a fixed address beside the caller's own."""
    if name is None or (value.text is None and value.items is None and value.members is None):
        return
    domain = added_recipient(name, [_fixed(part) for part in value.items or (value,)])
    if domain:
        state.note(Behaviour.COPIES_MAIL, node, domain)


def _fixed(value: Value) -> str | None:
    """Give an address that is a constant, as text or as the member of an object: `{email: "a@b"}`."""
    for key in ("emailAddress", "email", "address", "Email"):
        value = value.members[key] if value.members is not None and key in value.members else value
    return value.text if value.whole else None


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
