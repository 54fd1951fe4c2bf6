from __future__ import annotations

import base64
from pathlib import Path

import pytest

from adapters.errors import InvalidInput
from adapters.sigil.local.registry.material import NPM_REGISTRY, Credential, NpmConfiguration
from adapters.sigil.local.registry.npm_configuration import npm_configuration


def read(root: Path, environment: dict[str, str] | None = None, **settings: str) -> NpmConfiguration:
    """Read with the machine's file, the user's and the project's all below `root`."""
    told = {"npm_config_globalconfig": str(root / "machine")} | (environment or {})
    return npm_configuration(told, root / "home", root / "home" / "project" / "src", **settings)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "home" / "project" / "src").mkdir(parents=True)
    (tmp_path / "home" / "project" / "package.json").touch()
    return tmp_path


def test_without_configuration_it_is_npms_own_registry(root: Path) -> None:
    """No file and no variable: the public registry, without a token."""
    assert read(root) == NpmConfiguration(NPM_REGISTRY)


def test_the_nearest_configuration_wins(root: Path) -> None:
    """Setting of ours, environment, project, user, machine: in this order."""
    for path, name in (("machine", "machine"), ("home/.npmrc", "user"), ("home/project/.npmrc", "project")):
        (root / path).write_text(f"; a comment\nregistry = https://{name}.invalid/npm/\n")
    assert read(root, {"NPM_CONFIG_REGISTRY": "https://env.invalid/"}, registry="https://ours.invalid").registry == (
        "https://ours.invalid"
    )
    assert read(root, {"NPM_CONFIG_REGISTRY": "https://env.invalid/"}).registry == "https://env.invalid"
    assert read(root).registry == "https://project.invalid/npm"
    (root / "home/project/.npmrc").unlink()
    assert read(root).registry == "https://user.invalid/npm"
    assert read(root, {"npm_config_userconfig": str(root / "none")}).registry == "https://machine.invalid/npm"


def test_scopes_have_registries_of_their_own(root: Path) -> None:
    """The others are served by the default."""
    (root / "home/.npmrc").write_text("@acme:registry=https://npm.acme.invalid/private/\n")
    read_back = read(root)
    assert read_back.registry_of("@acme/x") == "https://npm.acme.invalid/private"
    assert read_back.registry_of("@other/x") == read_back.registry_of("acme") == NPM_REGISTRY


def test_tokens_belong_to_their_place(root: Path) -> None:
    """Tokens, encoded pairs and user names with passwords; variables are filled in, unknown ones are left."""
    secret = base64.b64encode(b"pass").decode()
    (root / "home/.npmrc").write_text(
        "//a.invalid/:_authToken=${TOKEN}\n"
        '//b.invalid:8443/npm/:_auth="dTpw"\n'
        f"//c.invalid/:username=me\n//c.invalid/:_password={secret}\n"
        "//d.invalid/:_authToken=${MISSING?}\n//e.invalid/:username=me\n"
        "//f.invalid/:username=me\n//f.invalid/:_password=%%%\n_authToken=unscoped\n"
    )
    assert read(root, {"TOKEN": "t0"}).credentials == (
        Credential("a.invalid/", "Bearer t0"),
        Credential("b.invalid:8443/npm/", "Basic dTpw"),
        Credential("c.invalid/", "Basic " + base64.b64encode(b"me:pass").decode()),
    )


def test_credentials_in_an_address_are_taken_out_and_never_shown(root: Path) -> None:
    """They become a header for that place, and no repr and no error holds them."""
    read_back = read(root, {"npm_config_registry": "https://me:s%40cret@r.invalid/npm/"})
    assert read_back.registry == "https://r.invalid/npm"
    authorization = "Basic " + base64.b64encode(b"me:s@cret").decode()
    assert read_back.credentials == (Credential("r.invalid/npm/", authorization),)
    assert authorization.split()[1] not in repr(read_back)
    with pytest.raises(InvalidInput, match="npm's registry holds no http or https address") as refused:
        read(root, {"npm_config_registry": "ftp://me:secret@r.invalid"})
    assert "secret" not in str(refused.value)


def test_files_that_cannot_be_read_count_as_empty(root: Path) -> None:
    """A folder of that name, or lines that say nothing."""
    (root / "home/.npmrc").mkdir()
    (root / "home/project/.npmrc").write_bytes(b"\xff\xfe=\xff\nnonsense\n")
    assert read(root).registry == NPM_REGISTRY
