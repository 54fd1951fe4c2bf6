"""The packaging hook: when it builds the playground, and that a build which fails is a notice."""

import os
import select
import sys
from pathlib import Path
from typing import Any

import pytest
from hatchling.bridge.app import Application
from hatchling.builders.config import BuilderConfig
from hatchling.builders.wheel import WheelBuilder

from hatch_build import SWITCH, ConsoleBuildHook, NotBuilt, is_current, run


def pack(root: Path) -> list[str]:
    """Run the hook over a project folder; returns the artifacts that it adds to the wheel."""
    (root / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1"\n')
    builder = WheelBuilder(str(root))
    build_data: dict[str, Any] = {"artifacts": []}
    config: BuilderConfig = builder.config
    hook = ConsoleBuildHook(str(root), {}, config, builder.metadata, str(root), "wheel", Application())
    hook.initialize("standard", build_data)
    added: list[str] = build_data["artifacts"]
    return added


def test_without_node_the_package_is_built_without_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no Node is found the build goes on, and one line says what that means."""
    monkeypatch.setenv("PATH", str(tmp_path))
    pack(tmp_path)
    notice = capsys.readouterr().err.splitlines()[-1]
    assert "Node and npm were not found" in notice
    assert "public CDN" in notice


def test_the_switch_leaves_the_page_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the switch set nothing is built and nothing is packed, even where assets are there."""
    monkeypatch.setenv(SWITCH, "skip")
    assert pack(tmp_path) == []
    monkeypatch.delenv(SWITCH)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pack(tmp_path) == ["/gateway/console/**"]


def test_the_page_is_built_again_only_when_a_source_is_newer(tmp_path: Path) -> None:
    """No page, or one older than any source, is not current; installed npm packages do not count."""
    source, page, package = (tmp_path / name for name in ("c/src/a/main.ts", "b/index.html", "c/node_modules/x.js"))
    for path in (source, package):
        path.parent.mkdir(parents=True)
        path.touch()
    assert not is_current(tmp_path / "c", tmp_path / "b")
    page.parent.mkdir()
    page.touch()
    os.utime(page, (1000, 1000))
    assert not is_current(tmp_path / "c", tmp_path / "b")
    os.utime(source, (999, 999))
    assert is_current(tmp_path / "c", tmp_path / "b")


def test_a_failing_command_is_told_with_its_error(tmp_path: Path) -> None:
    """What npm prints of its failure stands in the notice."""
    script = "import sys; print('fine so far'); print('npm error code ENOTFOUND'); sys.exit(1)"
    with pytest.raises(NotBuilt, match="npm error code ENOTFOUND"):
        run([sys.executable, "-c", script], tmp_path, seconds=30)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are POSIX")
def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    """Nothing that npm started goes on writing after the time-out."""
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    child = "import time; held = open('held', 'w'); held.write('x'); held.flush(); time.sleep(30)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(NotBuilt, match="longer than 2 s"):
        run([sys.executable, "-c", script], tmp_path, seconds=2)
    assert os.read(reader, 2) == b"x"
    hang_up = select.poll()
    hang_up.register(reader, select.POLLHUP)
    assert hang_up.poll(10_000)
    os.close(reader)
