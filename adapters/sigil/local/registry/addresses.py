"""Addresses of registries as people configure them: cleaned, and parted from the credentials in them."""

from __future__ import annotations

import base64
from urllib.parse import unquote

import httpx

from adapters.errors import InvalidInput
from adapters.sigil.local.registry.material import Credential


def basic(user: str, password: str) -> str:
    """Write the header of HTTP's basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def parted(address: str, setting: str) -> tuple[str, tuple[Credential, ...]]:
    """Part an address, without a slash at its end, from the credential in it.

    Raises `InvalidInput` naming the setting, never the value: it may hold a password.
    """
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        message = f"{setting} holds no http or https address. Write it as https://registry.example/path."
        raise InvalidInput("validation_error", message, setting)
    plain = url.copy_with(userinfo=b"", query=None, fragment=None)
    cleaned = str(plain).rstrip("/")
    if not url.userinfo:
        return cleaned, ()
    user, _, password = url.userinfo.decode("ascii").partition(":")
    return cleaned, (Credential(place_of(plain), basic(unquote(user), unquote(password))),)


def place_of(url: httpx.URL) -> str:
    """Write an address as `host[:port]/path/`, the form in which npm keys its credentials."""
    port = "" if url.port is None else f":{url.port}"
    return f"{url.host.lower()}{port}{url.path.rstrip('/')}/"


def authorization_for(url: httpx.URL, credentials: tuple[Credential, ...]) -> str | None:
    """Give the header of the credential that is nearest to an address; None if there's none for its host and port."""
    place = place_of(url)
    fitting = [credential for credential in credentials if place.startswith(credential.place)]
    return max(fitting, key=lambda credential: len(credential.place)).authorization if fitting else None
