"""Mail: addresses that code adds to the recipients of what others write."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BLIND = re.compile(
    r"(?:blind_?(?:carbon_?)?cop(?:y|ies)|bcc)_?(?:address(?:es)?|recipients?|to|list|emails?)?", re.IGNORECASE
)
_RECIPIENTS = re.compile(r"(?:to|cc|recipients?|to_?(?:address(?:es)?|recipients|emails|addrs))", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[^<>@]{0,80}<)?\s*[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[a-z]{2,24})\s*>?", re.IGNORECASE)
_SAMPLE = re.compile(r"(?:^|\.)(?:example|test|localhost)(?:\.\w+)?$", re.IGNORECASE)


def names_recipients(name: str) -> bool:
    """Whether a field of this name may hold those who get a message."""
    return _BLIND.fullmatch(name) is not None or _RECIPIENTS.fullmatch(name) is not None


def added_recipient(name: str, texts: Sequence[str | None]) -> str:
    """Give the domain of a fixed address that gets a copy of each message; empty if none.

    `name` is the field of the message, `texts` what it is given, None for what only callers know.
    """
    blind = _BLIND.fullmatch(name) is not None
    if not blind and not (None in texts and _RECIPIENTS.fullmatch(name)):
        return ""
    found = (_ADDRESS.fullmatch(text.strip()) for text in texts if text)
    return next((match[1].lower() for match in found if match and not _SAMPLE.search(match[1])), "")
