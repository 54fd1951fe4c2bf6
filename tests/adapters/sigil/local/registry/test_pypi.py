from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from adapters.errors import InvalidPayload, NotFound
from adapters.sigil.local.material import Attestation
from adapters.sigil.local.registry.fetch import fetch_package
from adapters.sigil.local.registry.material import Archive, PypiConfiguration
from adapters.sigil.local.target import parse_target

if TYPE_CHECKING:
    from tests.adapters.sigil.local.registry.conftest import SmallRegistry


def uploaded(moment: str) -> dict[str, Any]:
    return {"upload-time": moment}


async def test_a_release_is_fetched_as_wheel_and_sdist(registry: SmallRegistry) -> None:
    """Both, as either may be installed, with dates and what the project's document tells."""
    registry.pypi_project(
        "my-x",
        registry.pypi_file("my_x-1.0-py3-none-any.whl", b"old"),
        registry.pypi_file("my_x-2.0.tar.gz", b"sdist", **uploaded("2024-05-01T00:00:09Z")),
        registry.pypi_file("my_x-2.0-py3-none-any.whl", b"wheel", **uploaded("2024-05-01T00:00:00Z")),
        registry.pypi_file("my_x-0.1.tar.gz", **uploaded("2020-05-01T00:00:00Z")),
    )
    info: dict[str, Any] = {
        "version": "2.0",
        "author_email": "Ann <a@b.invalid>",
        "summary": "An x",
        "home_page": "https://x.invalid",
    }
    info |= {"project_urls": {"Docs": "https://d.invalid", "Source": "https://github.com/o/x/tree/main"}}
    ownership = {"roles": [{"role": "Owner", "user": "ann"}, {"role": "Maintainer", "user": "bob"}]}
    registry.document("/pypi/my-x/json", {"info": info, "ownership": ownership})
    fetched = await fetch_package(parse_target("pypi:My.X"), registry.registries)
    told = fetched.registration
    assert fetched.version == "2.0"
    assert fetched.archives == (Archive("my_x-2.0-py3-none-any.whl", b"wheel"), Archive("my_x-2.0.tar.gz", b"sdist"))
    assert [(one.version, one.has_install_script) for one in told.releases] == [
        ("1.0", False),
        ("0.1", True),
        ("2.0", False),
    ]
    assert told.releases[2].published_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert told.releases[2].attestation is Attestation.MISSING
    assert (told.maintainers, told.author, told.repository) == (("ann", "bob"), "Ann", "https://github.com/o/x")
    assert (told.description, told.homepage, told.deprecated) == ("An x", "https://x.invalid", False)


async def test_an_older_release_is_described_by_its_own_document(registry: SmallRegistry) -> None:
    """While its owners are the project's of today."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz"), registry.pypi_file("x-2.0.tar.gz"))
    roles = {"roles": [{"role": "Owner", "user": "new"}]}
    registry.document("/pypi/x/json", {"info": {"version": "2.0", "author": "New"}, "ownership": roles})
    registry.document("/pypi/x/1.0/json", {"info": {"version": "1.0", "author": "Old"}})
    told = (await fetch_package(parse_target("pypi:x<2"), registry.registries)).registration
    assert (told.author, told.maintainers) == ("Old", ("new",))


async def test_an_index_in_html_is_read(registry: SmallRegistry) -> None:
    """Old indexes have nothing else; their hashes stand in the links."""
    digest = hashlib.sha256(b"archive").hexdigest()
    registry.pypi_file("x-1.0.tar.gz")
    registry.pypi_file("x-2.0.tar.gz")
    links = "".join(
        f'<a href="../../files/x-{version}.tar.gz#sha256={digest}" {yanked}>x</a>'
        for version, yanked in (("1.0", ""), ("2.0", 'data-yanked="broken"'))
    )
    registry.loopback.page("/simple/x/", f"<!DOCTYPE html><html><body>{links}</body></html>")
    fetched = await fetch_package(parse_target("pypi:x"), registry.registries)
    assert (fetched.version, fetched.archives[0].data) == ("1.0", b"archive")
    assert fetched.registration.releases[0].attestation is Attestation.UNKNOWN


async def test_what_is_not_there_is_not_found_by_its_name(registry: SmallRegistry) -> None:
    """A project, a version, a project without files, and one that is quarantined."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz"))
    registry.pypi_project("empty")
    quarantined: dict[str, Any] = {"project-status": {"status": "quarantined"}}
    registry.pypi_project("bad", **quarantined)
    for target, message in (
        ("nope", r"registry.example.*'nope'"),
        ("x==9", r"'==9' of 'x'; the latest is 1\.0"),
        ("empty", "no wheel and no sdist of 'empty'"),
        ("bad", "quarantined 'bad'"),
    ):
        with pytest.raises(NotFound, match=message):
            await fetch_package(parse_target(f"pypi:{target}"), registry.registries)


async def test_the_next_index_is_asked_for_what_the_first_does_not_have(registry: SmallRegistry) -> None:
    """In the order of the configuration."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz"))
    both = PypiConfiguration((f"{registry.base}/first", *registry.registries.pypi.indexes))
    assert (await fetch_package(parse_target("pypi:x"), replace(registry.registries, pypi=both))).version == "1.0"
    assert [one.target for one in registry.loopback.asked][:2] == ["/first/x/", "/simple/x/"]


async def test_the_highest_version_of_all_indexes_is_fetched(registry: SmallRegistry) -> None:
    """As pip installs it: who publishes a higher version of an internal name in public wins."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz", b"ours", **{"upload-time": "2020-01-01T00:00:00Z"}))
    evil = registry.pypi_file("x-99.0.tar.gz", b"theirs", **{"upload-time": "2026-01-01T00:00:00Z"})
    evil |= {"url": "../files/x-99.0.tar.gz"}
    page = {"meta": {"api-version": "1.4"}, "name": "x", "files": [evil]}
    registry.document("/extra/x/", page, "application/vnd.pypi.simple.v1+json")
    registry.loopback.page("/extra/files/x-99.0.tar.gz", b"theirs", "application/octet-stream")
    both = PypiConfiguration((*registry.registries.pypi.indexes, f"{registry.base}/extra"))
    fetched = await fetch_package(parse_target("pypi:x"), replace(registry.registries, pypi=both))
    assert (fetched.version, fetched.archives[0].data) == ("99.0", b"theirs")
    assert [release.version for release in fetched.registration.releases] == ["99.0"]
    fetched = await fetch_package(parse_target("pypi:x<99"), replace(registry.registries, pypi=both))
    assert (fetched.version, fetched.archives[0].data) == ("1.0", b"ours")


@pytest.mark.parametrize(
    "page", [b'{"project-status": "\xff"}', b'{"project-status": ' + b"[" * 9000 + b"]" * 9000 + b"}"]
)
async def test_a_page_that_is_no_document_is_told(page: bytes, registry: SmallRegistry) -> None:
    """Bytes that are no text, and more levels than can be read."""
    registry.loopback.page("/simple/x/", page, "application/vnd.pypi.simple.v1+json")
    with pytest.raises(InvalidPayload, match="page about 'x' is amiss"):
        await fetch_package(parse_target("pypi:x"), registry.registries)


@pytest.mark.parametrize(("hashes", "code"), [({"sha256": "00" * 32}, "hash_mismatch"), ({}, "hash_missing")])
async def test_bytes_that_the_published_hash_does_not_fit_are_refused(
    registry: SmallRegistry, hashes: dict[str, str], code: str
) -> None:
    """The sdist's too, though the wheel is what is usually installed."""
    registry.pypi_project(
        "x", registry.pypi_file("x-1.0-py3-none-any.whl"), registry.pypi_file("x-1.0.tar.gz", hashes=hashes)
    )
    with pytest.raises(InvalidPayload, match=r"x-1\.0\.tar\.gz") as refused:
        await fetch_package(parse_target("pypi:x"), registry.registries)
    assert refused.value.code == code


def provenance(data: bytes, **publisher: str) -> dict[str, Any]:
    statement = {"subject": [{"name": "x", "digest": {"sha256": hashlib.sha256(data).hexdigest()}}]}
    envelope = {"statement": base64.b64encode(json.dumps(statement).encode()).decode()}
    return {"attestation_bundles": [{"publisher": publisher, "attestations": [{"envelope": envelope}]}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (provenance(b"archive", kind="GitHub", repository="o/x"), (Attestation.PRESENT, "https://github.com/o/x")),
        (provenance(b"archive", kind="Google"), (Attestation.PRESENT, None)),
        (provenance(b"other", kind="GitHub", repository="o/x"), (Attestation.INVALID, "https://github.com/o/x")),
        ({"attestation_bundles": "?"}, (Attestation.PRESENT, None)),
    ],
)
async def test_a_files_provenance_is_told_and_compared_with_its_bytes(
    registry: SmallRegistry, document: dict[str, Any], expected: tuple[Attestation, str | None]
) -> None:
    """Invalid where it speaks of other bytes, and the repository that it names."""
    file = registry.pypi_file("x-1.0.tar.gz", provenance=f"{registry.base}/provenance")
    registry.pypi_project("x", file)
    registry.document("/provenance", document)
    told = (await fetch_package(parse_target("pypi:x"), registry.registries)).registration
    assert (told.releases[0].attestation, told.attested_repository) == expected


async def test_an_old_interface_says_nothing_of_provenance(registry: SmallRegistry) -> None:
    """Before its version 1.3 a file without one may have one."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz"), api="1.1")
    told = (await fetch_package(parse_target("pypi:x"), registry.registries)).registration
    assert told.releases[0].attestation is Attestation.UNKNOWN


async def test_a_withdrawn_release_is_fetched_when_pinned_and_said_to_be_so(registry: SmallRegistry) -> None:
    """As pip installs it."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz", yanked="broken"), registry.pypi_file("x-0.9.tar.gz"))
    assert (await fetch_package(parse_target("pypi:x"), registry.registries)).version == "0.9"
    fetched = await fetch_package(parse_target("pypi:x==1.0"), registry.registries)
    assert (fetched.version, fetched.registration.deprecated) == ("1.0", True)


async def test_a_page_of_another_kind_is_refused(registry: SmallRegistry) -> None:
    """With the place in it that does not fit."""
    registry.document("/simple/x/", {"files": [{"filename": 1}]})
    with pytest.raises(InvalidPayload, match=r"'x' is amiss: .*filename"):
        await fetch_package(parse_target("pypi:x"), registry.registries)


async def test_an_indexs_page_is_read_off_the_event_loop(
    registry: SmallRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some projects have fifteen thousand files, each with a name to be taken apart."""
    registry.pypi_project("x", registry.pypi_file("x-1.0.tar.gz"))
    threads = []
    plain = msgspec.json.decode

    def noted(document: bytes, **options: Any) -> Any:
        threads.extend([threading.current_thread()] if b"x-1.0.tar.gz" in document else [])
        return plain(document, **options)

    monkeypatch.setattr(msgspec.json, "decode", noted)
    await fetch_package(parse_target("pypi:x"), registry.registries)
    assert threads
    assert threading.main_thread() not in threads
