"""The catalogue is complete, well-formed, and says clearly when it is not."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from adapters.cloudsigma.local.attack.knowledge import load_knowledge
from adapters.cloudsigma.local.detections.catalogue import Catalogue, load_catalogue, read_detections
from adapters.cloudsigma.models import Platform

DOCUMENT = b"""
platform: okta
date: 2026-11-22
detections:
  - technique: T1110
    also: [T1110.003]
    title: Sign-In Failed
    description: Somebody could not sign in.
    logsource: {product: okta, service: okta}
    selections: {selection: {eventType: user.session.start}}
    condition: selection
    falsepositives: [Users who mistype]
    level: low
"""

MOST_REPORTED = (
    "T1059.001 T1059.003 T1059.005 T1055 T1055.012 T1105 T1140 T1027 T1071.001 T1082 T1204.002 T1566.001 T1573.001"
    " T1083 T1053.005 T1070.004 T1005 T1112 T1562.001 T1547.001 T1057 T1056.001 T1033 T1041 T1113 T1021.001 T1190 T1110"
    " T1016 T1078 T1047 T1219 T1003.001 T1012 T1036.005 T1218.011 T1574.002 T1543.003 T1552.001 T1569.002 T1486 T1490"
    " T1136 T1098 T1530 T1580 T1621 T1505.003 T1595 T1606 T1610 T1611 T1613 T1496 T1078.004"
)


def test_every_platform_is_served() -> None:
    """Each of the thirteen platforms has at least eight detections, and there are at least eighty in all."""
    entries = load_catalogue().entries
    by_platform = Counter(entry.platform for entry in entries)
    assert len(entries) >= 80
    assert {platform: by_platform[platform] for platform in Platform if by_platform[platform] < 8} == {}


@pytest.mark.parametrize("technique_id", MOST_REPORTED.split())
def test_what_reports_name_most_is_covered(technique_id: str) -> None:
    """A technique that reports often name has a detection on at least one platform."""
    assert any(load_catalogue().find(technique_id, platform) for platform in Platform)


def test_techniques_are_known() -> None:
    """Every technique that a detection is for is one of ATT&CK, or one that ATT&CK replaced."""
    knowledge = load_knowledge()
    ids = {each for entry in load_catalogue().entries for each in (entry.technique_id, *entry.also)}
    assert {each for each in ids if knowledge.technique(each) is None} == set()


def test_titles_are_unique() -> None:
    """No two detections share a title, as the rules of one report may not."""
    titles = Counter(entry.title for entry in load_catalogue().entries)
    assert [title for title, times in titles.items() if times > 1] == []


def test_refinements_do_not_clash_with_selections() -> None:
    """No selection bears the name that is kept for what a report names, and no observable refines twice."""
    for entry in load_catalogue().entries:
        assert not any(name.startswith("reported_") for name in entry.selections)
        observables = [refinement.observable for refinement in entry.refine]
        assert len(set(observables)) == len(observables)


def test_detection_is_found_for_all_that_it_is_for() -> None:
    """A detection is found under its technique and under the others that it names."""
    catalogue = Catalogue(read_detections(DOCUMENT, Platform.OKTA))
    found = [catalogue.find(each, Platform.OKTA) for each in ("T1110", "T1110.003")]
    assert [each is not None and each.title for each in found] == ["Sign-In Failed"] * 2
    assert catalogue.find("T1110", Platform.AWS) is None
    assert catalogue.find("T1111", Platform.OKTA) is None


def test_sub_technique_falls_back_to_its_parent() -> None:
    """A sub-technique without a detection gets its parent's, which tells that it was not written for it."""
    found = Catalogue(read_detections(DOCUMENT, Platform.OKTA)).find("T1110.001", Platform.OKTA)
    assert found is not None
    assert not found.is_for("T1110.001")
    assert found.is_for("T1110.003")


def test_no_fall_back_where_it_would_mislead() -> None:
    """A detection that shows one way of a technique only is not used for the sub-techniques."""
    narrow = DOCUMENT.replace(b"    title:", b"    for_subtechniques: false\n    title:")
    assert Catalogue(read_detections(narrow, Platform.OKTA)).find("T1110.001", Platform.OKTA) is None


def test_no_fall_back_to_a_sibling() -> None:
    """A detection for a sub-technique that also serves the parent is not used for other sub-techniques."""
    sibling = DOCUMENT.replace(b"technique: T1110", b"technique: T1110.004").replace(b"[T1110.003]", b"[T1110]")
    assert Catalogue(read_detections(sibling, Platform.OKTA)).find("T1110.001", Platform.OKTA) is None


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (b"level: low", b"level: lowest", "okta.yml: Invalid enum value 'lowest' - at `$.detections[0].level`"),
        (b"condition:", b"conditoin:", "okta.yml: Object contains unknown field `conditoin`"),
        (b"platform: okta", b"platform: aws", "okta.yml says that it is for aws"),
    ],
)
def test_wrong_entry_is_a_clear_error(right: bytes, wrong: bytes, message: str) -> None:
    """A mistake in a file is told with the file's name, the place and the bad value."""
    with pytest.raises(ValueError, match=re.escape(message)):
        read_detections(DOCUMENT.replace(right, wrong), Platform.OKTA)


def test_two_detections_for_one_use_are_refused() -> None:
    """Which of two detections a rule comes from may not depend on their order."""
    entries = read_detections(DOCUMENT, Platform.OKTA)
    with pytest.raises(ValueError, match="T1110 has two detections on okta; keep one"):
        Catalogue([*entries, *entries])
