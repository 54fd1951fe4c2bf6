"""Indicators of compromise in one form, however a threat or a report writes them."""

from __future__ import annotations

import hashlib
import ipaddress
import re

LONGEST = 1_000
"""Characters of an indicator that are read: fanging takes time that grows with the square of a run of brackets."""
_DEFANGED = re.compile(r"[\[\](){}<>]|h(?:xx|\*\*)ps?", re.IGNORECASE)
_URL = re.compile(r"(?P<origin>[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)(?P<rest>.*)", re.DOTALL)


def canonical_indicator(text: str) -> str:
    """Write an indicator fanged, in lower case where case means nothing, and an address as short as it can be."""
    fanged = text.strip()[:LONGEST]
    if _DEFANGED.search(fanged):
        from ioc_fanger import fang  # type: ignore[import-untyped] # ships none

        fanged = str(fang(fanged))
    try:
        return str(ipaddress.ip_address(fanged.strip("[]")))
    except ValueError:
        url = _URL.fullmatch(fanged)
    if url is not None:
        return url["origin"].lower() + ("" if url["rest"] == "/" else url["rest"])
    return fanged if "/" in fanged or "\\" in fanged else fanged.lower().rstrip(".")


def indicator_digest(text: str) -> str:
    """Give what an indicator is looked up by, as its form may be longer than an index takes."""
    return hashlib.sha256(canonical_indicator(text).encode("utf-8", "surrogatepass")).hexdigest()
