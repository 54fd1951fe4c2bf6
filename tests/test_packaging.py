"""What is packed, pinned and promised outside of the code: wheel, lock file, entry points, README, container files."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import EntryPoint, packages_distributions
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gateway.configuration.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
FOLDERS = ("gateway", "schema", "resolvers", "adapters")
HEAVY = {"dbos", "numpy", "pydantic", "sigma", "sklearn", "sqlalchemy", "starlette", "strawberry", "trafilatura"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Build the wheel without the playground's assets."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=os.environ | {"TRIGRAPH_CONSOLE": "skip"})
    with zipfile.ZipFile(next(folder.glob("trigraph-*.whl"))) as opened:
        yield opened


def sources(folder: str) -> Iterator[str]:
    for path in (ROOT / folder).rglob("*"):
        inside = path.relative_to(ROOT)
        if path.is_file() and "__pycache__" not in inside.parts and inside.parts[:2] != ("gateway", "console"):
            yield inside.as_posix()


def declared() -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]:
        if (requirement := Requirement(line)).name != "trigraph":
            yield requirement


def pinned() -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.lock").read_text().splitlines())
    here = (
        pin for pin in map(Requirement, filter(None, lines)) if (pin.marker or Marker("python_version>'3'")).evaluate()
    )
    return {canonicalize_name(pin.name): pin for pin in here}


def imported() -> Iterator[str]:
    for name in (name for folder in FOLDERS for name in sources(folder) if name.endswith(".py")):
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_the_wheel_holds_every_file_of_the_four_folders(wheel: zipfile.ZipFile) -> None:
    """What the code reads beside itself (migrations, YAML, HTML) is packed, and nothing from outside the folders is."""
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == {name for folder in FOLDERS for name in sources(folder)}


def test_the_wheel_carries_the_licence(wheel: zipfile.ZipFile) -> None:
    """Apache-2.0 asks that whoever gets the work gets the licence's text."""
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()
    assert b"Apache License\n                           Version 2.0" in wheel.read(name)


def test_every_entry_point_leads_to_something_callable(wheel: zipfile.ZipFile) -> None:
    """The command and the built-in adapters are where the package's metadata says."""
    points = ConfigParser()
    points.read_string(
        next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt"))
    )
    groups = {"console_scripts", "trigraph.adapters"}
    assert groups <= set(points.sections())
    for group in groups:
        for name, value in points[group].items():
            assert callable(EntryPoint(name, value, group).load()), name


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_other_distribution_claims_our_folder(folder: str) -> None:
    """Our packages have plain names, so another one of that name would hide ours or be hidden by it."""
    assert set(packages_distributions().get(folder, [])) <= {"trigraph"}


def test_the_command_line_starts_without_heavy_imports() -> None:
    """`trigraph --help` loads none of the libraries that take long to import."""
    begin = "import sys\nfrom gateway.commands.cli import main\n"
    code = f"{begin}try: main(['--help'])\nfinally: print('\\n', *sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "serve" in shown
    assert HEAVY & set(shown.splitlines()[-1].split()) == set()


def test_the_lock_pins_what_is_declared() -> None:
    """Each dependency of the project and of its extras is pinned to a version that its range allows."""
    pins = pinned()
    for requirement in declared():
        (pin,) = pins[canonicalize_name(requirement.name)].specifier
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version, prereleases=True), requirement


def test_the_lock_names_no_host_and_no_path() -> None:
    """The lock installs from whichever index its reader uses."""
    assert not re.search(r"://|file:|--\w|[ =]/", (ROOT / "requirements.lock").read_text())


def test_every_import_is_pinned() -> None:
    """Code imports nothing that merely happens to be installed on its author's machine."""
    distributions = packages_distributions()
    others = set(imported()) - set(sys.stdlib_module_names) - set(FOLDERS)
    pins = pinned().keys()
    strangers = {name for name in others if not pins & {canonicalize_name(by) for by in distributions.get(name, [])}}
    assert strangers == set()


def test_ci_runs_the_command_that_the_readme_tells() -> None:
    """README marks one block as the test command, of one line, that installs from the lock and ends in pytest."""
    blocks = re.findall(r"<!-- the test command -->\n+```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    assert re.fullmatch(r"python3 -m venv .* -c requirements\.lock '\.\[test\]' .*pytest\n", blocks[0])
    assert "<!-- the test command -->" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("name", ["Dockerfile", "docker-compose.yml"])
def test_container_files_use_settings_that_exist(name: str) -> None:
    """A variable that no setting reads would be a silent mistake of an operator who copies it."""
    used = set(re.findall(rf"\b{PREFIX}[A-Z_]+", (ROOT / name).read_text()))
    build_only = {"TRIGRAPH_CONSOLE"}
    assert used - build_only
    assert used - build_only <= {PREFIX + field.upper() for field in Settings.model_fields}
