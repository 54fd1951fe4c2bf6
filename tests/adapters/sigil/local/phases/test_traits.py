"""What facts are about: addresses, secrets, identities."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem, Package, PackageFile
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.traits import belongs_to, hides_address, identifies, known_host


@pytest.mark.parametrize(
    ("variable", "address", "belongs"),
    [
        ("GITHUB_TOKEN", "https://api.github.com/user", True),
        ("GH_TOKEN", "https://api.github.com/user", True),
        ("SENTRY_AUTH_TOKEN", "https://sentry.io/api", True),
        ("NPM_TOKEN", "https://x.example.invalid/npm", False),
        ("API_TOKEN", "https://api.example.invalid", False),
        ("*", "https://api.github.com/user", False),
    ],
)
def test_secrets_belong_to_services(fact: Callable[..., Fact], variable: str, address: str, belongs: bool) -> None:
    """A variable belongs to the service whose name it bears, by the host alone; the whole environment to none."""
    flow = Flow(source=fact(Behaviour.READS_ENVIRONMENT, variable), sink=fact(Behaviour.SENDS, address))

    assert belongs_to(flow) is belongs


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://x.example.invalid/a", True),
        ("x.example.invalid", True),
        ("x.example.invalid:8443/a", True),
        ("https://localhost:3000/a", False),
        ("http://192.168.1.4/a", False),
        ("…", False),
        ("{url}", False),
        ("", False),
    ],
)
def test_hosts_that_the_code_names(fact: Callable[..., Fact], address: str, known: bool) -> None:
    """A host is known where the code names one of the network, not the own machine or a variable."""
    assert known_host(fact(Behaviour.SENDS, address)) is known


@pytest.mark.parametrize(
    ("detail", "tells"),
    [("os.hostname", True), ("getpass.getuser", True), ("platform.system", False), ("os.cpu_count", False)],
)
def test_what_identifies(fact: Callable[..., Fact], detail: str, tells: bool) -> None:
    """Host and user identify a machine; its kind does not."""
    assert identifies(fact(Behaviour.READS_SYSTEM, detail)) is tells


@pytest.mark.parametrize(
    ("decoded", "address", "text", "hides"),
    [
        ("https://x.example.invalid", "https://x.example.invalid/a", "", True),
        ("x.example.invalid", "https://x.example.invalid/a", "", True),
        ("b85decode", "https://x.example.invalid/a", "b85decode(b'…')", True),
        ("b64decode", "https://api.example.com", "post('https://api.example.com', data=b64decode(x))", False),
        ("b64decode", "https://{host}.example.com", "", False),
        ("hello world", "https://hello.example.com", "", False),
    ],
)
def test_hidden_addresses(fact: Callable[..., Fact], decoded: str, address: str, text: str, hides: bool) -> None:
    """An address is hidden where it comes out of a decoding, and the file does not show its host."""
    flow = Flow(source=fact(Behaviour.DECODES, decoded), sink=fact(Behaviour.SENDS, address))
    files = (PackageFile("x.py", text.encode()),)
    scanned = Scanned(Package(ecosystem=Ecosystem.PYPI, name="sample", version="1.0.0", files=files), {}, {})
    assert hides_address(scanned, "x.py", flow) is hides
