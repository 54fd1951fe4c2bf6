"""What becomes a rule, and what becomes a notice or a gap."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cloudsigma.local.attack.knowledge import load_knowledge
from adapters.cloudsigma.local.detections.catalogue import load_catalogue
from adapters.cloudsigma.local.material import Extraction, Observables, Selection, TechniqueFinding
from adapters.cloudsigma.local.stages.filter import select
from adapters.cloudsigma.models import Ioc, Platform, Ttp
from adapters.confidence import Confidence


def finding(
    technique_id: str, confidence: Confidence = Confidence.HIGH, observables: Observables | None = None
) -> TechniqueFinding:
    ttp = Ttp(technique_id=technique_id, name="Its Name", tactic="execution", confidence=confidence)
    return TechniqueFinding(ttp=ttp, score=0.42, observables=observables or Observables())


def selected(*findings: TechniqueFinding, platforms: Sequence[Platform] = tuple(Platform)) -> Selection:
    return select(Extraction(techniques=findings), platforms, load_knowledge(), load_catalogue())


def pairs(selection: Selection) -> list[tuple[str, Platform]]:
    return [(each.finding.ttp.technique_id, each.platform) for each in selection.candidates]


def test_technique_is_chosen_where_it_shows() -> None:
    """A technique becomes a candidate on each platform that has a detection for it, in the order asked for."""
    asked = [Platform.WINDOWS_POWERSHELL, Platform.AWS, Platform.WINDOWS_SYSMON]
    selection = selected(finding("T1059.001"), platforms=asked)
    assert pairs(selection) == [("T1059.001", asked[0]), ("T1059.001", asked[2])]
    assert selection.candidates[0].tactics == ("execution",)
    assert selection.gaps == ()


def test_platform_asked_for_twice_counts_once() -> None:
    """Naming a platform twice does not double its candidates."""
    assert len(pairs(selected(finding("T1059.001"), platforms=[Platform.WINDOWS_SYSMON] * 2))) == 1


def test_host_level_technique_is_left_out_on_clouds() -> None:
    """A technique that happens on hosts is not looked for in a cloud's log: one notice names all these platforms."""
    clouds = [Platform.AWS, Platform.GCP, Platform.AZURE]
    selection = selected(finding("T1055.012"), platforms=[*clouds, Platform.WINDOWS_SYSMON])
    assert pairs(selection) == [("T1055.012", Platform.WINDOWS_SYSMON)]
    assert [notice.code for notice in selection.notices] == ["HostLevelTechnique"]
    assert selection.notices[0].message.endswith(": aws, gcp, azure.")
    assert selection.notices[0].technique_id == "T1055.012"


def test_nothing_observable_is_told() -> None:
    """A technique for which a host's log has no detection is left out with that reason."""
    selection = selected(finding("T1055.012"), platforms=[Platform.LINUX_AUDITD, Platform.WINDOWS_POWERSHELL])
    assert [notice.code for notice in selection.notices] == ["NothingObservable"]
    assert "linux-auditd" in selection.notices[0].message


def test_technique_without_any_platform_is_a_gap() -> None:
    """A technique left without a rule on all platforms asked for becomes a gap with its reasons."""
    selection = selected(finding("T1059.001"), platforms=[Platform.AWS, Platform.OKTA])
    assert selection.candidates == ()
    assert [gap.technique_id for gap in selection.gaps] == ["T1059.001"]
    assert "Happens on hosts" in selection.gaps[0].reason


def test_unknown_technique_is_refused() -> None:
    """An id that ATT&CK does not know becomes a warning and a gap."""
    selection = selected(finding("T9999"))
    assert (selection.candidates, [notice.code for notice in selection.notices]) == ((), ["UnknownTechnique"])
    assert selection.notices[0].severity == "warning"
    assert [gap.technique_id for gap in selection.gaps] == ["T9999"]


def test_low_confidence_is_refused() -> None:
    """A technique found with low confidence and nothing concrete beside it is left out."""
    selection = selected(finding("T1059.001", Confidence.LOW))
    assert (selection.candidates, [notice.code for notice in selection.notices]) == ((), ["LowConfidence"])
    assert "0.42" in selection.notices[0].message


def test_low_confidence_with_something_concrete_stays() -> None:
    """What a log would show in the technique's sentences outweighs a low confidence."""
    concrete = Observables(commands=("powershell -enc AAAA",))
    assert pairs(selected(finding("T1059.001", Confidence.LOW, concrete))) != []


def test_medium_confidence_stays() -> None:
    """A technique found with medium confidence is not filtered for it."""
    assert pairs(selected(finding("T1059.001", Confidence.MEDIUM))) != []


def test_parent_detection_only_where_the_sub_technique_happens() -> None:
    """A parent's detection is not used on a platform where ATT&CK does not see the sub-technique."""
    selection = selected(finding("T1566.001"), platforms=[Platform.OKTA, Platform.WINDOWS_SYSMON])
    assert pairs(selection) == [("T1566.001", Platform.WINDOWS_SYSMON)]


def test_indicators_pass_through() -> None:
    """Indicators are handed on as they came."""
    iocs = (Ioc(type="ipv4", value="192.0.2.1"),)
    assert select(Extraction(iocs=iocs), tuple(Platform), load_knowledge(), load_catalogue()).iocs == iocs


def test_techniques_left_out_alike_share_a_notice() -> None:
    """What is left out for the same reason on the same platforms is told once, with all ids."""
    selection = selected(finding("T1055.012"), finding("T1218.011"), platforms=[Platform.AWS, Platform.WINDOWS_SYSMON])
    (notice,) = selection.notices
    assert notice.message.startswith("2 techniques (T1055.012, T1218.011): Happens on hosts")
    assert notice.technique_id is None


def test_notices_are_bounded() -> None:
    """However many findings are refused, there are thirty notices and one that counts the rest."""
    notices = selected(*(finding(f"T9{number:03}") for number in range(50))).notices
    assert len(notices) == 31
    assert (notices[-1].code, notices[-1].message[:2]) == ("MoreFiltered", "20")
