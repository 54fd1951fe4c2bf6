from __future__ import annotations

from collections.abc import Mapping

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact
from adapters.sigil.local.material import Ecosystem, Package, PackageFile
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.provenance.archives import wheel_additions
from adapters.sigil.models import Severity


def _archive(files: Mapping[str, tuple[Fact, ...]]) -> Scanned:
    package = Package(
        ecosystem=Ecosystem.PYPI,
        name="moonlight",
        version="1.0",
        files=tuple(PackageFile(path, b"") for path in files),
    )
    return Scanned(package, {path: CodeFacts(facts=facts) for path, facts in files.items()}, {})


def _fact(behaviour: Behaviour, detail: str = "", *, at_load: bool = True) -> Fact:
    return Fact(behaviour=behaviour, line=7, snippet=f"{behaviour}({detail})", detail=detail, at_load=at_load)


SENDS = _fact(Behaviour.SENDS, "collect.invalid")


def test_file_that_only_the_wheel_has_is_high_when_it_acts_at_import() -> None:
    """Code that sends something at import and is in no source archive is HIGH, at its line."""
    (found,) = wheel_additions(_archive({"moonlight/_hidden.py": (SENDS,)}), _archive({"moonlight/__init__.py": ()}))
    assert (found.rule, found.severity, found.file, found.line) == (
        "wheel-beyond-source",
        Severity.HIGH,
        "moonlight/_hidden.py",
        7,
    )


def test_deed_that_was_added_to_a_file_is_medium() -> None:
    """The same file does more in the wheel than in the source archive."""
    wheel = _archive({"moonlight/__init__.py": (SENDS,)})
    (found,) = wheel_additions(wheel, _archive({"src/moonlight/__init__.py": ()}))
    assert found.severity is Severity.MEDIUM


@pytest.mark.parametrize("path", ["moonlight/__init__.py", "src/moonlight/__init__.py"])
def test_same_code_in_both_is_everyday(path: str) -> None:
    """What both archives do is no difference, wherever the source archive keeps it."""
    assert wheel_additions(_archive({"moonlight/__init__.py": (SENDS,)}), _archive({path: (SENDS,)})) == ()


@pytest.mark.parametrize(
    "fact", [_fact(Behaviour.READS_FILE), _fact(Behaviour.SENDS, "collect.invalid", at_load=False)]
)
def test_files_that_a_build_writes_are_everyday(fact: Fact) -> None:
    """A generated version file or client acts when it is called, or does nothing that matters."""
    assert wheel_additions(_archive({"moonlight/_version.py": (fact,)}), _archive({"setup.py": ()})) == ()
