"""Where a request comes from, as the browser that sends it says."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

OWN_SITES = ("same-origin", "none")


def is_foreign(headers: Headers, allowed_origins: frozenset[str]) -> bool:
    """Say whether a page of another origin sends this; what is no browser names no origin, and is not foreign."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() in allowed_origins:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in OWN_SITES
    return origin is not None and _host_of(origin) != headers.get("host", "").lower()


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
