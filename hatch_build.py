"""Builds the playground with the package: `console/` by npm into `gateway/console/`, where Node is found."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SWITCH = "TRIGRAPH_CONSOLE"
WITHOUT_PAGE = "the playground will load GraphiQL from a public CDN"
STEPS = (
    (["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1"], 240),
    (["run", "build"], 120),
)


class NotBuilt(Exception):
    """The console could not be built; the message says why in one line."""


class ConsoleBuildHook(BuildHookInterface[BuilderConfig]):
    """Puts the built console into wheel and sdist, and never fails the build over it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build where needed and add `gateway/console` to what is packed; `version` plays no part."""
        del version
        if os.environ.get(SWITCH) == "skip":
            self.app.display_info(f"console: left out, as {SWITCH}=skip asks")
            return
        console, built = Path(self.root, "console"), Path(self.root, "gateway", "console")
        if not is_current(console, built):
            self._build(console, built)
        build_data["artifacts"].append("/gateway/console/**")

    def _build(self, console: Path, built: Path) -> None:
        self.app.display_info("console: building the playground with npm, up to a minute or two ...")
        try:
            build(console)
        except (NotBuilt, OSError) as failure:
            instead = "an earlier build is packed" if (built / "index.html").is_file() else WITHOUT_PAGE
            self.app.display_warning(f"console: not built, {failure}; {instead}")


def is_current(console: Path, built: Path) -> bool:
    """Whether the built page is at least as new as every source of it."""
    page = built / "index.html"
    if not page.is_file():
        return False
    return all(source.stat().st_mtime <= page.stat().st_mtime for source in sources(console))


def sources(console: Path) -> Iterator[Path]:
    """Yield the files that the built page is made from."""
    yield from console.glob("*.*")
    yield from (path for path in (console / "src").rglob("*") if path.is_file())


def build(console: Path) -> None:
    """Run npm in `console`; raise NotBuilt where it is missing, fails or takes too long."""
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        raise NotBuilt("Node and npm were not found")
    if not (console / "package-lock.json").is_file():
        raise NotBuilt(f"{console} is not there")
    for arguments, seconds in STEPS:
        run([npm, *arguments], console, seconds)


def run(command: list[str], folder: Path, seconds: float) -> None:
    """Run one command to its end; raise NotBuilt with its last line of output when it fails or outlasts `seconds`."""
    name = " ".join(Path(part).name for part in command[:2])
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(  # noqa: S603 - npm as found on the PATH, with arguments of ours
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise NotBuilt(f"`{name}` took longer than {seconds:.0f} s") from None
        except BaseException:
            _end(process)
            raise
        if code:
            output.seek(0)
            raise NotBuilt(f"`{name}` failed: {_reason(output.read())}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started, so that nothing writes assets while they are packed."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next((place for place, line in enumerate(lines) if "error" in line.lower()), -2)
    return " / ".join(lines[first:][:2]) or "it said nothing"
