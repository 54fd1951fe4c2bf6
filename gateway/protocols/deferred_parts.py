"""Parts of an answer as clients of August 2022 know them (`deferSpec=20220824`): each with its whole path.

Today's name what is pending by an id, and speak of it by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple


class _Pending(NamedTuple):
    path: list[str | int]
    label: str | None

    def told(self, sub_path: list[str | int]) -> dict[str, Any]:
        label = {"label": self.label} if self.label is not None else {}
        return {"path": [*self.path, *sub_path], **label}


class DeferredParts:
    """Rewrites the parts of one answer."""

    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}
        self._pending: dict[str, _Pending] = {}

    def rewritten(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Rewrite a part as it is told today."""
        kept = {name: part[name] for name in ("data", "errors", "extensions", "hasNext") if name in part}
        self._whole = part.get("data") or self._whole
        for each in part.get("pending", ()):
            self._pending[each["id"]] = _Pending(each["path"], each.get("label"))
        incremental = [*map(self._told, part.get("incremental", ())), *self._failed(part.get("completed", ()))]
        return {**kept, "incremental": incremental} if incremental else kept

    def _told(self, told: Mapping[str, Any]) -> dict[str, Any]:
        pending, errors = self._pending[told["id"]], {"errors": told["errors"]} if "errors" in told else {}
        if "items" in told:
            items = self._at(pending.path)
            place = pending.told([len(items)])
            items.extend(deepcopy(told["items"]))
            return {"items": told["items"], **place, **errors}
        place = pending.told(told.get("subPath", []))
        _merge(self._at(place["path"]), told["data"])
        return {"data": told["data"], **place, **errors}

    def _failed(self, completed: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for each in completed:
            pending, errors = self._pending.pop(each["id"]), each.get("errors")
            if not errors:
                continue
            found = self._at(pending.path)
            if isinstance(found, list):
                yield {"items": None, **pending.told([len(found)]), "errors": errors}
            else:
                yield {"data": None, **pending.told([]), "errors": errors}

    def _at(self, path: list[str | int]) -> Any:
        found: Any = self._whole
        for key in path:
            found = found[key]
        return found


def _merge(into: dict[str, Any], data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = deepcopy(value)
