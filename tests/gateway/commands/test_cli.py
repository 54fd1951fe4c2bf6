"""The command line: its words, its output and how it ends."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from adapters.keys import digest_of
from gateway.access.principals import read_keyring
from gateway.commands.cli import PLATFORMS, SIEMS, main
from gateway.configuration.settings import Settings

ROOT = Path(__file__).parents[3]
COMMANDS = ["serve", "schema", "detect", "check", "keys"]


def ended(*arguments: str) -> int | str | None:
    """Run a command in this process and give what it exits with."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    return ending.value.code


@pytest.mark.parametrize("arguments", [[], *([command] for command in COMMANDS)], ids=" ".join)
def test_every_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows the usage on standard output and ends well; without a command it lists them all."""
    assert ended(*arguments, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: {' '.join(['trigraph', *arguments])}")
    assert arguments or all(f"\n    {command} " in shown for command in COMMANDS)


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints name and number."""
    assert ended("--version") == 0
    assert capsys.readouterr().out == f"trigraph {version('trigraph')}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["server"],
        ["--loud"],
        ["serve", "nothing"],
        ["serve", "--port", "http"],
        ["detect"],
        ["keys"],
        ["keys", "entry"],
        ["key", "alice"],
        ["check", "x"],
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_unknown_words_end_with_2_and_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is not understood is told on standard error."""
    assert ended(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("usage: trigraph")
    assert captured.out == ""


def test_schema_prints_the_graph_as_committed(capsys: pytest.CaptureFixture[str]) -> None:
    """The output is the committed file, byte for byte, with nothing before or after."""
    main(["schema"])
    assert capsys.readouterr().out == (ROOT / "schema/schema.graphql").read_text(encoding="utf-8")


def test_keys_entry_prints_a_key_and_an_entry_that_lets_it_in(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry holds the digest only, and works as TRIGRAPH_API_KEYS; each run makes another key."""
    main(["keys", "entry", "alice"])
    main(["keys", "entry", "alice"])
    lines = capsys.readouterr().out.splitlines()
    key, entry, other = lines[0].split()[-1], lines[1].split()[-1], lines[2].split()[-1]
    assert key not in entry
    assert key != other
    assert read_keyring(Settings(api_keys=entry)).principals[digest_of(key)].name == "alice"


@pytest.mark.parametrize("name", ["", "two words", "a,b", "a=b", "a;tier=team", "x" * 65])
def test_a_name_that_no_entry_could_hold_is_refused(name: str) -> None:
    """The sentence ends the command, and no key is made."""
    assert str(ended("keys", "entry", name)).startswith("trigraph: TRIGRAPH_API_KEYS")


@pytest.mark.parametrize("command", [["serve"], ["serve", "cloudsigma"], ["check"], ["detect", "report.txt"]])
def test_a_wrong_setting_ends_every_command_with_its_sentence(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No trace, but the name, the value and the cure."""
    monkeypatch.setenv("TRIGRAPH_WORKERS", "many")
    message = str(ended(*command))
    assert message.startswith("trigraph: TRIGRAPH_WORKERS is 'many'")
    assert "Processes that analyse" in message


UNSERVABLE = [
    ({"TRIGRAPH_HOST": "0.0.0.0"}, "TRIGRAPH_API_KEYS"),
    ({"TRIGRAPH_API_KEYS": "alice"}, "entry 1 is not `NAME=KEY`"),
    ({"TRIGRAPH_DATA_DIR": "/dev/null/data"}, "TRIGRAPH_DATA_DIR is '/dev/null/data': Not a directory"),
    ({"TRIGRAPH_DATABASE_URL": "postgresql://u:geheim@127.0.0.1:1/t"}, "check TRIGRAPH_DATABASE_URL"),
    ({"TRIGRAPH_HOST": "localhost", "TRIGRAPH_PORT": "1", "TRIGRAPH_API_KEYS": "a" * 30}, "is not `NAME=KEY`"),
]


@pytest.mark.parametrize(
    ("service", "environment", "said"),
    [
        *(([], environment, said) for environment, said in UNSERVABLE),
        *((["cloudsigma"], environment, said) for environment, said in UNSERVABLE),
        ([], {"TRIGRAPH_CLOUDSIGMA": "nobodys"}, "one of these: cloudsigma-local, cloudsigma-rest"),
    ],
)
def test_what_cannot_be_served_is_told_before_anything_starts(
    service: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """`serve` ends with 1 and one sentence that names the setting, and shows no secret."""
    monkeypatch.setenv("TRIGRAPH_DATA_DIR", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    message = str(ended("serve", *service))
    assert message.startswith("trigraph: ")
    assert said in message
    assert "geheim" not in message


def test_help_needs_nothing_but_python() -> None:
    """`trigraph --help` loads the command line and the standard library, and none of what the commands need."""
    script = (
        "import sys; from gateway.commands.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in shown.stdout.splitlines()[-1].split()}
    assert "gateway" in loaded
    heavy = {"pydantic", "msgspec", "strawberry", "graphql", "starlette", "uvicorn", "httpx", "rich", "sqlalchemy"}
    assert not loaded & (
        heavy | {"dbos", "sigma", "sklearn", "numpy", "trafilatura", "adapters", "schema", "resolvers"}
    )


def test_help_names_every_platform_and_siem() -> None:
    """The lists that `--help` shows without loading the models are theirs."""
    from adapters.cloudsigma.models import Platform, Siem

    assert PLATFORMS.split() == [platform.value for platform in Platform]
    assert SIEMS.split() == [siem.value for siem in Siem]
