"""Tenants and callers as commands are given them."""

from __future__ import annotations

from gateway.access.json_web_tokens import SUBJECT_LENGTH
from gateway.access.principals import NAME
from gateway.commands.failing import CommandFailed

OF_A_SUBJECT = "jwt:"
"""How the tenant begins of a caller whose token names none."""


def checked_tenant(given: str) -> str:
    """Give a tenant that a caller may have; raises CommandFailed for others, whose things nobody would ever see."""
    return _checked("--tenant", given)


def checked_caller(given: str) -> str:
    """Give the id that a caller may have: the name of its key, or of a token's subject; raises CommandFailed."""
    return _checked("--caller", given)


def _checked(option: str, given: str) -> str:
    subject = given.removeprefix(OF_A_SUBJECT) if given.startswith(OF_A_SUBJECT) else ""
    if NAME.match(given) or (0 < len(subject) <= SUBJECT_LENGTH and subject.isprintable()):
        return given
    raise CommandFailed(
        f"{option} is {given!r}: use up to 64 letters, digits, dots, dashes, underscores, or `{OF_A_SUBJECT}` and the "
        "`sub` of a token"
    )
