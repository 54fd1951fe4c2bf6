from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import nodesemver
import pytest

from adapters.errors import InvalidInput, InvalidPayload, NotFound
from adapters.sigil.local.material import Attestation
from adapters.sigil.local.registry.fetch import fetch_package
from adapters.sigil.local.registry.material import Archive, NpmConfiguration
from adapters.sigil.local.registry.npm import archive_address
from adapters.sigil.local.target import parse_target

if TYPE_CHECKING:
    from tests.adapters.sigil.local.registry.conftest import SmallRegistry


async def test_a_version_is_fetched_with_what_the_registry_says_of_it(registry: SmallRegistry) -> None:
    """Bytes, releases oldest first with date, people and hooks, and the repository in one form."""
    registry.npm_package(
        "x",
        registry.npm_version("x", "2.0.0", b"two", scripts={"postinstall": "node a"}, repository="github:o/x"),
        registry.npm_version(
            "x",
            "1.0.0",
            b"one",
            maintainers=[{"name": "ann", "email": "a@b.invalid"}],
            _npmUser={"name": "bob"},
            repository={"type": "git", "url": "git+ssh://git@github.com/o/x.git"},
            author="Ann A <a@b.invalid> (https://a.invalid)",
            homepage="https://x.invalid",
            description="An x",
            deprecated="use y",
            scripts={"test": "t", "prepare": "p"},
        ),
        latest="2.0.0",
        maintainers=[{"name": "carl"}],
        time={"created": "?", "1.0.0": "2020-01-02T03:04:05.678Z", "2.0.0": "2021-01-01T00:00:00.000Z"},
    )
    fetched = await fetch_package(parse_target("npm:x@1.0.0"), registry.registries)
    told = fetched.registration
    assert (fetched.version, fetched.archives) == ("1.0.0", (Archive("x-1.0.0.tgz", b"one"),))
    assert [(one.version, one.has_install_script) for one in told.releases] == [("1.0.0", False), ("2.0.0", True)]
    assert told.releases[0].published_at == datetime(2020, 1, 2, 3, 4, 5, 678000, UTC)
    assert told.releases[0].maintainers == ("bob", "ann")
    assert (told.maintainers, told.author, told.repository) == (("carl",), "Ann A", "https://github.com/o/x")
    assert (told.homepage, told.description, told.deprecated) == ("https://x.invalid", "An x", True)


async def test_a_scoped_package_is_fetched_from_its_scopes_registry(registry: SmallRegistry) -> None:
    """The slash of its name is escaped, and the scope's own registry asked."""
    registry.npm_package("@s/x", registry.npm_version("@s/x", "1.0.0"))
    scoped = NpmConfiguration("http://elsewhere.invalid", {"@s": registry.registries.npm.registry})
    fetched = await fetch_package(parse_target("npm:@s/x"), replace(registry.registries, npm=scoped))
    assert fetched.archives[0].name == "x-1.0.0.tgz"
    assert registry.loopback.asked[0].target == "/npm/@s%2Fx"


async def test_an_unknown_package_is_not_found_by_its_name(registry: SmallRegistry) -> None:
    """The error names it, and the registry that was asked."""
    with pytest.raises(NotFound, match=r"registry.example.*'nope'") as missing:
        await fetch_package(parse_target("npm:nope"), registry.registries)
    assert missing.value.code == "not_found"


async def test_an_unknown_version_is_not_found_by_its_name(registry: SmallRegistry) -> None:
    """The error names version and package, and says what there is; an unpublished package says so."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0"))
    with pytest.raises(NotFound, match=r"'\^9' of 'x'; the latest is 1.0.0"):
        await fetch_package(parse_target("npm:x@^9"), registry.registries)
    registry.npm_package("gone")
    with pytest.raises(NotFound, match="'gone': all of them were unpublished"):
        await fetch_package(parse_target("npm:gone"), registry.registries)


@pytest.mark.parametrize(
    ("dist", "code"),
    [
        ({"integrity": "sha512-" + base64.b64encode(bytes(64)).decode()}, "hash_mismatch"),
        ({"integrity": None, "shasum": "00" * 20}, "hash_mismatch"),
        ({"integrity": None}, "hash_missing"),
        ({"integrity": "md5-AAAA"}, "hash_missing"),
    ],
)
async def test_bytes_that_the_published_hash_does_not_fit_are_refused(
    registry: SmallRegistry, dist: dict[str, Any], code: str
) -> None:
    """Always verified, also where only an old checksum or none is published."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0", dist=dist))
    with pytest.raises(InvalidPayload, match=r"x@1\.0\.0") as refused:
        await fetch_package(parse_target("npm:x"), registry.registries)
    assert refused.value.code == code


async def test_the_old_checksum_counts_where_there_is_no_other(registry: SmallRegistry) -> None:
    """Releases of before 2017 have nothing else."""
    dist = {"integrity": None, "shasum": hashlib.sha1(b"archive").hexdigest()}
    registry.npm_package("x", registry.npm_version("x", "1.0.0", dist=dist))
    assert (await fetch_package(parse_target("npm:x"), registry.registries)).version == "1.0.0"


def attestation(data: bytes, repository: str) -> dict[str, Any]:
    workflow = {"workflow": {"repository": repository}}
    statement = {
        "subject": [{"name": "pkg:npm/x@2.0.0", "digest": {"sha512": hashlib.sha512(data).hexdigest()}}],
        "predicate": {"buildDefinition": {"externalParameters": workflow}},
    }
    envelope = {"payload": base64.b64encode(json.dumps(statement).encode()).decode()}
    return {"predicateType": "https://slsa.dev/provenance/v1", "bundle": {"dsseEnvelope": envelope}}


async def test_attestations_are_told_and_compared_with_the_bytes(registry: SmallRegistry) -> None:
    """Present, missing where the registry shows them for others, invalid where they speak of other bytes."""
    url = f"{registry.base}/attestations"
    registry.npm_package(
        "x", registry.npm_version("x", "1.0.0"), registry.npm_version("x", "2.0.0", dist={"attestations": {"url": url}})
    )
    registry.document("/attestations", {"attestations": [attestation(b"archive", "https://github.com/o/x")]})
    told = (await fetch_package(parse_target("npm:x"), registry.registries)).registration
    assert [one.attestation for one in told.releases] == [Attestation.MISSING, Attestation.PRESENT]
    assert told.attested_repository == "https://github.com/o/x"
    registry.document("/attestations", {"attestations": [attestation(b"other", "https://github.com/o/x")]})
    told = (await fetch_package(parse_target("npm:x"), registry.registries)).registration
    assert told.releases[1].attestation is Attestation.INVALID


async def test_attestations_that_cannot_be_read_stay_as_published(registry: SmallRegistry) -> None:
    """A registry that does not serve them does not fail the scan."""
    dist = {"attestations": {"url": f"{registry.base}/missing"}}
    registry.npm_package("x", registry.npm_version("x", "1.0.0", dist=dist))
    told = (await fetch_package(parse_target("npm:x"), registry.registries)).registration
    assert (told.releases[0].attestation, told.attested_repository) == (Attestation.PRESENT, None)


async def test_a_registry_without_attestations_says_nothing_of_them(registry: SmallRegistry) -> None:
    """Nothing is missing where nobody has any."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0"))
    told = (await fetch_package(parse_target("npm:x"), registry.registries)).registration
    assert told.releases[0].attestation is Attestation.UNKNOWN


async def test_a_document_that_is_too_large_is_asked_for_in_its_short_form(registry: SmallRegistry) -> None:
    """The second request says so; a registry that sends the long one again is refused."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0", readme="r" * 400_000))
    with pytest.raises(InvalidPayload, match=r"'x' in more than 0\.3 MB"):
        await fetch_package(parse_target("npm:x"), registry.registries)
    assert [one.headers["accept"] for one in registry.loopback.asked] == [
        "application/json",
        "application/vnd.npm.install-v1+json",
    ]


async def test_a_document_of_another_kind_is_refused(registry: SmallRegistry) -> None:
    """With the place in it that does not fit."""
    registry.document("/npm/x", {"versions": [1]})
    with pytest.raises(InvalidPayload, match=r"'x' is amiss: .*versions"):
        await fetch_package(parse_target("npm:x"), registry.registries)


async def test_a_path_is_not_fetched(registry: SmallRegistry) -> None:
    """It is read where it lies."""
    with pytest.raises(InvalidInput, match="is a path"):
        await fetch_package(parse_target("file:x", files_allowed=True), registry.registries)


@pytest.mark.parametrize(
    ("tarball", "registry_url", "expected"),
    [
        (
            "https://registry.npmjs.org/x/-/x-1.tgz",
            "https://registry.npmjs.org",
            "https://registry.npmjs.org/x/-/x-1.tgz",
        ),
        (
            "http://registry.npmjs.org/x/-/x-1.tgz",
            "https://registry.npmjs.org",
            "https://registry.npmjs.org/x/-/x-1.tgz",
        ),
        ("https://registry.npmjs.org/x/-/x-1.tgz", "http://m.invalid:81/npm", "http://m.invalid:81/npm/x/-/x-1.tgz"),
        ("https://cdn.invalid/x-1.tgz", "https://m.invalid", "https://cdn.invalid/x-1.tgz"),
        ("https://m.invalid:\0/", "https://m.invalid", "https://m.invalid:\0/"),
    ],
)
def test_a_mirror_is_asked_for_the_archives_too(tarball: str, registry_url: str, expected: str) -> None:
    """Addresses at npm's own registry lead to the configured one, as npm has it, and never fall back to plain http."""
    assert archive_address(tarball, registry_url) == expected


@pytest.mark.parametrize(
    "told", [b'{"dist-tags": {"latest": "\xff"}}', b'{"time": {"x": ' + b"[" * 9000 + b"]" * 9000 + b"}}"]
)
async def test_a_document_that_cannot_be_read_is_told(told: bytes, registry: SmallRegistry) -> None:
    """Bytes that are no text, and more levels than can be read."""
    registry.loopback.page("/npm/x", told, "application/json")
    with pytest.raises(InvalidPayload, match="document about 'x' is amiss"):
        await fetch_package(parse_target("npm:x"), registry.registries)


@pytest.mark.parametrize("target", ["npm:x", "pypi:x"])
async def test_archives_are_hashed_off_the_event_loop(
    target: str, registry: SmallRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one takes a processor for a second, in which nobody else would be answered."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0"))
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz"))
    threads = []
    plain = hashlib.new

    def noted(*arguments: Any, **options: Any) -> Any:
        threads.append(threading.current_thread())
        return plain(*arguments, **options)

    monkeypatch.setattr(hashlib, "new", noted)
    await fetch_package(parse_target(target), registry.registries)
    assert threads
    assert threading.main_thread() not in threads


async def test_versions_are_compared_off_the_event_loop(
    registry: SmallRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long range over the versions of a popular package takes seconds."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0"), registry.npm_version("x", "2.0.0"))
    threads = []
    plain = nodesemver.max_satisfying

    def noted(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return plain(*arguments)

    monkeypatch.setattr(nodesemver, "max_satisfying", noted)
    assert (await fetch_package(parse_target("npm:x@<2"), registry.registries)).version == "1.0.0"
    assert threads
    assert threading.main_thread() not in threads
