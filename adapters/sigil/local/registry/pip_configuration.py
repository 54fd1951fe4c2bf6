"""pip's own configuration: `pip.conf` of the machine, the user and the environment, and `PIP_…` variables."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.sigil.local.registry.addresses import parted
from adapters.sigil.local.registry.material import PYPI_INDEX, PypiConfiguration

_SECTIONS = ("global", "download", "install")
_READ_OPTIONS = ("index-url", "extra-index-url")


def pip_configuration(environment: Mapping[str, str], home: Path, index: str = "") -> PypiConfiguration:
    """Read what `pip install` would use; `index`, if given, stands in for the index that pip has configured.

    Extra indexes follow the main one, and count as much; those that are folders are passed over. Files that are missing
    or unreadable count as empty. Raises `InvalidInput` for an address that is none.
    """
    options: dict[str, str] = {}
    for path in _files(environment, home):
        options |= _options(path)
    options |= {
        option: value
        for option in _READ_OPTIONS
        if (value := environment.get(f"PIP_{option.upper().replace('-', '_')}"))
    }
    main, credentials = parted(
        index or options.get("index-url") or PYPI_INDEX, "TRIGRAPH_PYPI_INDEX" if index else "pip's index-url"
    )
    indexes: tuple[str, ...] = (main,)
    for address in "" if index else options.get("extra-index-url", "").split():
        if address.startswith(("http://", "https://")):
            extra, found = parted(address, "pip's extra-index-url")
            indexes += (extra,)
            credentials += found
    return PypiConfiguration(indexes, credentials)


def _files(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Give the files, those that win last."""
    chosen = environment.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    for folder in reversed((environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(environment.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf"
    if chosen:
        yield Path(chosen)


def _options(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text("utf-8", "replace"))
    except (OSError, configparser.Error):
        return {}
    return {
        name: value
        for section in _SECTIONS
        if parser.has_section(section)
        for option, value in parser.items(section)
        if (name := option.replace("_", "-")) in _READ_OPTIONS
    }
