"""Reports in the OSV format become threats."""

from __future__ import annotations

import json
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sigil.local.osv import LARGEST_REPORT, UnreadableReport, read_report, read_reports
from adapters.sigil.models import Severity

REPORT: dict[str, Any] = {
    "schema_version": "1.5.0",
    "id": "MAL-2099-1",
    "summary": "Malicious code in invented-package (npm)",
    "details": "Sends the environment away.",
    "published": "2099-01-02T03:04:05Z",
    "modified": "2099-01-03T03:04:05Z",
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "invented-package"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.1"}, {"fixed": "1.0.4"}]}],
            "versions": ["2.0.0"],
        }
    ],
    "references": [{"type": "WEB", "url": "https://example.invalid/report"}],
    "database_specific": {"iocs": {"domains": ["evil.invalid"], "urls": ["https://evil.invalid/x"]}},
}


def encoded(**changed: Any) -> bytes:
    return json.dumps({**REPORT, **changed}).encode()


def test_a_report_becomes_a_threat_with_versions_and_ranges() -> None:
    """Listed versions stay, bounded ranges become expressions of the ecosystem."""
    (threat,) = read_report("one.json", encoded()).threats()
    assert (threat.id, threat.ecosystem, threat.package_name) == ("MAL-2099-1", "npm", "invented-package")
    assert threat.versions == ("2.0.0", ">=1.0.1 <1.0.4")
    assert threat.severity is Severity.CRITICAL
    assert threat.threat_type == "malicious_package"
    assert threat.indicators == ("evil.invalid", "https://evil.invalid/x")
    assert threat.references == ("https://example.invalid/report",)
    assert threat.reported_at == datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert "Sends the environment away." in threat.description


def test_a_range_over_everything_means_all_versions() -> None:
    """`introduced: 0` without an end bounds nothing."""
    affected = [
        {
            "package": {"ecosystem": "PyPI", "name": "Invented_Package"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
    ]
    (threat,) = read_report("one.json", encoded(affected=affected)).threats()
    assert threat.versions == ()
    assert threat.package_name == "invented-package"


def affected(events: list[dict[str, str]], versions: list[str] | None = None) -> dict[str, Any]:
    ranges = [{"type": "SEMVER", "events": events}] if events else []
    return {"package": {"ecosystem": "npm", "name": "left"}, "ranges": ranges, "versions": versions or []}


@pytest.mark.parametrize(
    ("entries", "versions"),
    [
        ([affected([{"introduced": "0"}], ["1.0.0"])], ()),
        ([affected([{"introduced": "0"}]), affected([], ["1.0.0"])], ()),
        ([affected([], ["1.0.0"]), affected([], ["2.0.0"])], ("1.0.0", "2.0.0")),
        ([affected([{"introduced": "0"}, {"fixed": "1.0.0"}, {"introduced": "2.0.0"}])], ("<1.0.0", ">=2.0.0")),
        (
            [
                affected(
                    [{"introduced": "1.0.0"}, {"last_affected": "1.1.0"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"}]
                )
            ],
            (">=1.0.0 <=1.1.0", ">=2.0.0 <2.1.0"),
        ),
        ([affected([{"introduced": "1.0.0"}, {"introduced": "2.0.0"}])], (">=1.0.0", ">=2.0.0")),
    ],
)
def test_a_package_is_malicious_in_every_version_that_a_report_lists_or_spans(
    entries: list[dict[str, Any]], versions: tuple[str, ...]
) -> None:
    """A range beside a list is no less a range, each of its intervals counts, and so does each entry of a package."""
    (threat,) = read_report("one.json", encoded(affected=entries)).threats()
    assert (threat.id, threat.versions) == ("MAL-2099-1", versions)


def test_several_packages_become_several_threats_and_other_ecosystems_none() -> None:
    """Each has an id of its own."""
    names = [("npm", "first"), ("npm", "second"), ("crates.io", "third")]
    affected = [{"package": {"ecosystem": ecosystem, "name": name}} for ecosystem, name in names]
    threats = read_report("one.json", encoded(affected=affected)).threats()
    assert [threat.id for threat in threats] == ["MAL-2099-1:npm:first", "MAL-2099-1:npm:second"]


DEEP = b'{"id": "MAL-1", "database_specific": {"x": ' + b"[" * 9000 + b"]" * 9000 + b"}}"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"id": 1}', b"\xff\xfe", b"x" * (LARGEST_REPORT + 1), DEEP])
def test_what_is_no_report_is_said_with_its_name(data: bytes) -> None:
    """The file is named."""
    with pytest.raises(UnreadableReport, match=r"^one\.json"):
        read_report("one.json", data)


def test_reports_are_found_in_files_folders_and_archives(tmp_path: Path) -> None:
    """The layout of the OpenSSF's repository: folders by ecosystem and package."""
    nested = tmp_path / "osv" / "malicious" / "npm" / "invented-package"
    nested.mkdir(parents=True)
    (nested / "MAL-2099-1.json").write_bytes(encoded())
    (nested / "README.md").write_text("not a report")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("npm/MAL-2099-1.json", encoded())
    with tarfile.open(tmp_path / "all.tgz", "w:gz") as tar:
        tar.add(nested, "npm")
    for source in (nested / "MAL-2099-1.json", tmp_path / "osv", tmp_path / "all.zip", tmp_path / "all.tgz"):
        assert [data for _, data in read_reports(source)] == [encoded()]
