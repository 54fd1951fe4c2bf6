"""A registry on loopback that has the demo's packages, for npm's scope of them; all others come from where they do."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from gateway.demo.packages import PACKAGES, SCOPE, DemoPackage

SCOPE_SETTING = f"npm_config_{SCOPE}:registry"
"""How npm is told of a scope's registry in the environment."""
PUBLISHED_AT = datetime(2026, 1, 12, 9, tzinfo=UTC)


@contextmanager
def demo_registry() -> Iterator[None]:
    """Serve the packages, and name the registry to npm's configuration, while the context is open."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        server.RequestHandlerClass = _handler_of(dict(_documents(address)))
        serving = threading.Thread(target=server.serve_forever, name="demo-registry", daemon=True)
        serving.start()
        os.environ[SCOPE_SETTING] = address
        try:
            yield
        finally:
            del os.environ[SCOPE_SETTING]
            server.shutdown()
            serving.join()


class _Handler(BaseHTTPRequestHandler):
    documents: Mapping[str, bytes] = {}

    def do_GET(self) -> None:
        document = self.documents.get(unquote(self.path))
        self.send_response(200 if document is not None else 404)
        self.send_header("Content-Length", str(len(document or b"")))
        self.end_headers()
        self.wfile.write(document or b"")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: the gateway logs its own calls."""


def _handler_of(documents: Mapping[str, bytes]) -> type[_Handler]:
    return type("_Registry", (_Handler,), {"documents": documents})


def _documents(address: str) -> Iterator[tuple[str, bytes]]:
    for package in PACKAGES:
        archive = package.archive()
        path = f"/{package.name}/-/{package.name.rpartition('/')[2]}-{package.version}.tgz"
        yield path, archive
        yield f"/{package.name}", json.dumps(_packument(package, f"{address}{path}", archive)).encode()


def _packument(package: DemoPackage, tarball: str, archive: bytes) -> dict[str, object]:
    integrity = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    release = {
        **json.loads(package.files["package.json"]),
        "dist": {"tarball": tarball, "integrity": f"sha512-{integrity}"},
    }
    return {
        "name": package.name,
        "dist-tags": {"latest": package.version},
        "versions": {package.version: release},
        "time": {"created": PUBLISHED_AT.isoformat(), package.version: PUBLISHED_AT.isoformat()},
    }
