"""The paths of a package's files, and which of them an import of Python means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from adapters.sigil.local.phases.hooks import joined

_JAVASCRIPT = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")


class Paths(frozenset[str]):
    """The paths of a package's files."""

    @cached_property
    def _modules(self) -> Mapping[str, list[str]]:
        """The Python files by the module that they are, with `/`: a plain module before a package of its name."""
        files: dict[str, list[str]] = {}
        for path in sorted(self, key=_is_package):
            if path.endswith(".py"):
                files.setdefault(path.removesuffix("/__init__.py" if _is_package(path) else ".py"), []).append(path)
        return files

    @cached_property
    def _imported(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        """The folders that modules are looked for in, the package's own first."""
        return ("", *(root for root in ("src", "lib") if any(path.startswith(f"{root}/") for path in self)))

    def imported(self, name: str, folder: str) -> tuple[str, ...]:
        """Find the files that an import means, seen from a folder, with those that hold them."""
        known = self._imported.get((name, folder))
        if known is None:
            known = self._imported[name, folder] = tuple(self._found(name, folder))
        return known

    @cached_property
    def _in_folders(self) -> Mapping[str, list[str]]:
        """The JavaScript files by the folder that they stand in, an index by the one around too."""
        files: dict[str, list[str]] = {}
        for path in sorted(self):
            if path.endswith(_JAVASCRIPT):
                folder, _, name = path.rpartition("/")
                files.setdefault(folder, []).append(path)
                if folder and name.startswith("index."):
                    files.setdefault(folder.rpartition("/")[0], []).append(path)
        return files

    def modules_in(self, folder: str) -> Sequence[str]:
        """List the files of JavaScript that a name beginning with a folder may mean."""
        return self._in_folders.get(folder, ())

    def _found(self, name: str, folder: str) -> Iterator[str]:
        dots = len(name) - len(name.lstrip("."))
        tail = name[dots:].replace(".", "/")
        starts: tuple[str | None, ...] = (*self._roots, folder)
        if dots:
            starts = (joined(folder, "/".join([".."] * (dots - 1))),)
        for start in starts:
            if start is not None:
                base = f"{start}/{tail}" if start and tail else start or tail
                yield from self._modules.get(base, ())
                yield from self._modules.get(base.rpartition("/")[0], ())


def _is_package(path: str) -> bool:
    return path.endswith("/__init__.py")
