"""A small registry on loopback: packuments, pages, project documents, attestations and archives."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from adapters.http.public import PublicTransport
from adapters.http.retry import RetryTransport
from adapters.sigil.local.registry.material import (
    DownloadLimits,
    NpmConfiguration,
    PypiConfiguration,
    Registries,
)
from tests.adapters.conftest import Loopback

HOST = "registry.example"
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"


class SmallRegistry:
    """Publishes on loopback what a test wants to fetch, under one host of that name."""

    def __init__(self, loopback: Loopback, client: httpx.AsyncClient) -> None:
        self.loopback = loopback
        self.base = loopback.url("", HOST)
        self.registries = Registries(
            client,
            NpmConfiguration(f"{self.base}/npm"),
            PypiConfiguration((f"{self.base}/simple",)),
            DownloadLimits(metadata_size=300_000, archive_size=100_000, seconds=5),
        )

    def limited(self, **limits: Any) -> Registries:
        return replace(self.registries, limits=replace(self.registries.limits, **limits))

    def document(self, path: str, value: Any, content_type: str = "application/json") -> None:
        self.loopback.page(path, json.dumps(value), content_type)

    def npm_version(self, name: str, version: str, data: bytes = b"archive", **manifest: Any) -> dict[str, Any]:
        """Publish an archive and give its manifest; `dist` in `manifest` is laid over its own."""
        path = f"/npm/{name}/-/{version}.tgz"
        self.loopback.page(path, data, "application/octet-stream")
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": self.base + path, "integrity": integrity} | manifest.pop("dist", {})
        return {"name": name, "version": version, "dist": dist, **manifest}

    def npm_package(self, name: str, *versions: dict[str, Any], latest: str = "", **packument: Any) -> None:
        listed = {manifest["version"]: manifest for manifest in versions}
        tags = {"latest": latest or versions[-1]["version"]} if versions else {}
        document = {"name": name, "dist-tags": tags, "versions": listed} | packument
        self.document(f"/npm/{name.replace('/', '%2F')}", document)

    def pypi_file(self, filename: str, data: bytes = b"archive", **told: Any) -> dict[str, Any]:
        """Publish a file and give what the index tells of it; `told` is laid over it."""
        path = f"/files/{filename}"
        self.loopback.page(path, data, "application/octet-stream")
        digest = hashlib.sha256(data).hexdigest()
        return {"filename": filename, "url": f"../..{path}", "hashes": {"sha256": digest}} | told

    def pypi_project(self, name: str, *files: dict[str, Any], api: str = "1.4", **page: Any) -> None:
        document = {"meta": {"api-version": api}, "name": name, "files": files} | page
        self.document(f"/simple/{name}/", document, SIMPLE_JSON)


@pytest.fixture
async def registry(loopback: Loopback) -> AsyncIterator[SmallRegistry]:
    """A small registry and the way to it: the project's own transports, with their guard over addresses."""

    async def no_wait(_seconds: float) -> None:
        return

    guard = PublicTransport(allowed=loopback.allowed(HOST, "cdn.example"), resolver=loopback.resolve)
    async with httpx.AsyncClient(transport=RetryTransport(guard, no_wait), trust_env=False) as client:
        yield SmallRegistry(loopback, client)
