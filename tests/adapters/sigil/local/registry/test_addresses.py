from __future__ import annotations

import httpx
import pytest

from adapters.sigil.local.registry.addresses import authorization_for
from adapters.sigil.local.registry.material import Credential

CREDENTIALS = (
    Credential("h.invalid/", "host"),
    Credential("h.invalid/a/", "path"),
    Credential("h.invalid:81/", "port"),
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.invalid/x", "host"),
        ("https://H.invalid/a/x/-/x.tgz", "path"),
        ("https://h.invalid/a", "path"),
        ("https://h.invalid/ab", "host"),
        ("http://h.invalid:81/a", "port"),
        ("https://h.invalid:82/a", None),
        ("https://h.invalid.evil.invalid/a", None),
        ("https://evil.invalid/h.invalid/a", None),
        ("https://h.invalid@evil.invalid/", None),
    ],
)
def test_a_credential_is_used_for_its_host_port_and_path_only(url: str, expected: str | None) -> None:
    """The nearest path wins, and names that only look alike get nothing."""
    assert authorization_for(httpx.URL(url), CREDENTIALS) == expected
