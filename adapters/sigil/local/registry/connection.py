"""Opening the way to the registries that the user's configuration names."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from adapters.http.public import PublicTransport, port_of
from adapters.http.retry import RetryTransport
from adapters.sigil.local.registry.material import (
    DEFAULT_DOWNLOAD_LIMITS,
    PYPI_FILES_HOST,
    DownloadLimits,
    NpmConfiguration,
    PypiConfiguration,
    Registries,
)

_WAIT_SECONDS = 20.0
_CONNECT_SECONDS = 5.0


def open_registries(
    npm: NpmConfiguration, pypi: PypiConfiguration, limits: DownloadLimits = DEFAULT_DOWNLOAD_LIMITS
) -> Registries:
    """Build the registries' client; close it with `await registries.client.aclose()`.

    Only a configured registry's own host and port, and PyPI's host of files, may have an address that is not public.
    """
    configured = (npm.registry, *npm.scopes.values(), *pypi.indexes)
    allowed = {_host_and_port(address) for address in configured} | {f"{PYPI_FILES_HOST}:443"}
    client = httpx.AsyncClient(
        transport=RetryTransport(PublicTransport(allowed=frozenset(allowed))),
        trust_env=False,
        timeout=httpx.Timeout(_WAIT_SECONDS, connect=_CONNECT_SECONDS),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"User-Agent": "trigraph"},
    )
    return Registries(client, npm, pypi, limits)


def _host_and_port(address: str) -> str:
    url = httpx.URL(address)
    return f"{url.raw_host.decode('ascii').lower()}:{port_of(url)}"
