from __future__ import annotations

import pytest
from packaging.version import Version

from adapters.sigil.local.registry.pypi_files import choose, distributions, one_of_each_kind
from adapters.sigil.local.registry.simple import IndexFile


def files(*names: str, yanked: bool = False) -> tuple[IndexFile, ...]:
    return tuple(IndexFile(name, "", yanked=yanked) for name in names)


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        ("", "1.10"),
        (">=1,<1.5", "1.2"),
        ("==1.2", "1.2"),
        ("==2.0rc1", "2.0rc1"),
        (">=2.0a1", "2.0rc1"),
        (">1.10", "2.0rc1"),
        ("==3.*", None),
        ("==3", "3"),
        (">=3", None),
        ("==9", None),
    ],
)
def test_a_specifier_takes_the_version_that_pip_would_take(specifier: str, version: str | None) -> None:
    """Pre-releases only if asked for or nothing else fits, withdrawn ones only if pinned."""
    offered = distributions("x", files("x-1.2.tar.gz", "x-1.10.tar.gz", "x-2.0rc1.tar.gz", "x-0.1.exe", "y-8.tar.gz"))
    offered += distributions("x", files("x-3.tar.gz", yanked=True))
    assert choose(specifier, offered) == (Version(version) if version else None)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("x-1-py3-none-any.whl", "x-1.tar.gz"), ["x-1-py3-none-any.whl", "x-1.tar.gz"]),
        (("x-1-py2-none-any.whl", "x-1-py3-none-any.whl"), ["x-1-py3-none-any.whl"]),
        (("x-1-1-py3-none-any.whl", "x-1-2-py3-none-any.whl"), ["x-1-2-py3-none-any.whl"]),
        (
            (
                *("x-1-cp39-cp39-manylinux_2_17_x86_64.whl", "x-1-cp313-cp313-manylinux_2_17_aarch64.whl"),
                *(
                    "x-1-cp313-cp313-manylinux_2_17_x86_64.whl",
                    "x-1-cp313-cp313-win_amd64.whl",
                    "x-1.zip",
                    "x-1.tar.gz",
                ),
                "x-1-cp313-cp313-musllinux_1_2_x86_64.whl",
            ),
            ["x-1-cp313-cp313-manylinux_2_17_x86_64.whl", "x-1.tar.gz"],
        ),
        (("x-1-cp313-cp313-win_amd64.whl", "x-1-cp313-cp313-macosx_11_0_arm64.whl"), ["x-1-cp313-cp313-win_amd64.whl"]),
        (
            ("x-1-cp313-cp313-linux_x86_64.whl", "x-1-py3-none-any.whl"),
            ["x-1-py3-none-any.whl", "x-1-cp313-cp313-linux_x86_64.whl"],
        ),
        (("X_-1.tar.bz2", "x-1.tgz"), ["x-1.tgz"]),
        (("x-2.tar.gz", "x-1.whl", "x-one.tar.gz", "x.tar.gz", "x-1.egg"), []),
    ],
)
def test_one_of_each_kind_is_chosen(names: tuple[str, ...], expected: list[str]) -> None:
    """A pure wheel, one for a platform and the sdist; among equals the one that most people get."""
    chosen = one_of_each_kind(Version("1"), distributions("x", files(*names)))
    assert [one.file.filename for one in chosen] == expected
