"""How many characters a document may have: blanks, comments and strings are read one by one, and are hardly tokens."""

from __future__ import annotations

from gateway.limits.measure import TOO_COMPLEX
from gateway.protocols.refusals import Refused


def refuse_long(text: str, most: int) -> None:
    """Raise Refused for a longer text, before anything reads it; 0 is no limit."""
    if most and len(text) > most:
        message = f"The document has {len(text)} characters: at most {most} are allowed"
        extensions = {"limit": "characters", "requested": len(text), "maximum": most}
        raise Refused(400, TOO_COMPLEX, message, extensions=extensions)
