"""Messages: what goes out by mail, and who gets a copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.values import Arguments, Value, sources_of
from adapters.sigil.local.code.telling_mail import added_recipient, names_recipients

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine


def copied(machine: Machine, node: Node, name: str, value: Value) -> None:
    """Enter that what is given to a field of a message is, or holds, a fixed address beside the caller's own."""
    if not names_recipients(name):
        return
    parts = [part for whole in value.parts()[:50] for part in whole.parts()[:5]]
    texts = [part.constant if isinstance(part.constant, str) else None for part in parts]
    domain = added_recipient(name, texts)
    if domain:
        machine.record(Behaviour.COPIES_MAIL, node, domain)


def addressed(machine: Machine, item: Node, message: Value, value: Value) -> Value:
    """Keep with a message the fixed address that one of its items, `message["To"]`, is given."""
    key = item.child_by_field_name("subscript")
    _keep_address(message, machine.code(key).strip("'\"") if key is not None else "", value)
    return message


def _keep_address(message: Value, name: str, value: Value) -> None:
    if isinstance(value.constant, str) and "@" in value.constant and names_recipients(name):
        message.template = value.constant


def headed(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`message.add_header("Bcc", address)`."""
    name, value = (arguments.get(0) or Value()).text, arguments.get(1) or Value()
    copied(machine, node, name, value)
    if callee.receiver is not None:
        _keep_address(callee.receiver, name, value)
    return Value()


def mailed(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow data that goes out by mail."""
    to = arguments.get(1, "to_addrs") if callee.member in ("sendmail", "send_message") else arguments.get(0)
    if callee.member == "send_message":
        to = arguments.get(2, "to_addrs") or Value(template=(arguments.get(0, "msg") or Value()).template)
    if to is not None:
        copied(machine, node, "to", to)
    detail = f"mailto:{to.text if to is not None and '@' in to.text else ''}"
    machine.sink(Behaviour.SENDS, node, sources_of(arguments.every()), detail)
    return Value()


def put_into(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a part that is put into a message."""
    if callee.receiver is not None:
        callee.receiver.sources |= sources_of(arguments.every())
    return Value()


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **{f"{mail}().{method}": mailed for mail in ("smtplib.SMTP", "smtplib.SMTP_SSL", "yagmail.SMTP", "aiosmtplib.SMTP")
        for method in ("sendmail", "send_message", "send")},
    **dict.fromkeys(("().attach", "().set_content", "().add_attachment", "().set_payload"), put_into),
    "().add_header": headed,
}  # fmt: skip
