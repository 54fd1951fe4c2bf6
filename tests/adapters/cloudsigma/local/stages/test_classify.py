from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.cloudsigma.local.material import Report
from adapters.cloudsigma.local.stages.classify import classify

REPORTS = Path(__file__).parents[6] / "shared" / "data" / "reports" / "tram.jsonl"

OTHER = {
    "recipe": (
        "Whisk two eggs with sugar until pale, fold in the flour and a pinch of salt, and bake the cake for forty"
        " minutes. Inject the filling with a syringe once it has cooled, and dust it with cocoa before serving."
    ),
    "football": (
        "The striker broke through the defence in the last minute and beat the keeper with a low shot. The home "
        "side's attack had threatened all evening; their campaign now targets a place in the cup, and the victims"
        " of this late goal slip to ninth. The coach praised the execution of the set piece and the persistence "
        "of his wingers."
    ),
    "product page": (
        "Meet the Breeze 3 vacuum cleaner: quieter, lighter, and ready in an instant. Its battery lasts an hour, "
        "the filter can be washed, and the app lets you schedule a run while you are out. Secure checkout, free "
        "returns within thirty days and a warranty of two years are included."
    ),
    "poem": (
        "The river keeps its counsel in the reeds, / a heron lifts the morning on its wing; / and you, who walk "
        "beside me, drop like seeds / the small and patient words that wait for spring."
    ),
    "changelog": (
        "Version 4.2.0. Added: dark theme, export to CSV, a progress bar for long downloads. Changed: the script "
        "runner now executes jobs in a process pool; passwords may contain blanks. Fixed: a crash when the "
        "registry of plugins was empty, wrong hash for large files, a race in the loader. Removed: support for "
        "Python 3.8."
    ),
    "privacy policy": (
        "We collect your name, address and payment details to fulfil your order. Your password is stored "
        "encrypted, and access to personal data is restricted to authorised staff. We take appropriate security "
        "measures against unauthorised access, and will notify you of a breach as the law requires. You may "
        "request deletion at any time, object to processing, or lodge a complaint with the supervisory authority."
    ),
    "how-to": (
        "To map a network drive, open File Explorer, choose This PC, and select Map network drive from the menu. "
        "Pick a letter, enter the path of the share, and tick the box to reconnect at sign-in. If you are asked "
        "for credentials, use those of your Active Directory account. Alternatively run net use in cmd.exe, or "
        "put the command in a script that a scheduled task starts."
    ),
    "history": (
        "In the spring the general's campaign turned east. His troops attacked the fortress twice, the garrison "
        "resisted, and the victims of the siege were buried outside the walls. Spies carried letters through the "
        "lines; the threat of famine, more than the artillery, decided the outcome."
    ),
    "finance": (
        "Revenue rose four per cent to 2.1 billion in the third quarter, while costs fell after the supply chain "
        "recovered. The board proposes a dividend of 60 cents. Analysts had expected a weaker result because of "
        "the strong currency, and shares gained two per cent in early trading."
    ),
    "gardening": (
        "Aphids infect roses in dry weeks; spray with soapy water in the evening. Stake tomatoes early, and "
        "remove the side shoots, or worms and snails will find their way up. A compost heap needs air: turn it "
        "monthly."
    ),
    "travel": (
        "Take the night train to the coast and walk up to the old harbour before the heat. The market opens at "
        "seven; try the grilled sardines. In the afternoon the ferry leaves for the islands, where rooms are "
        "cheap in May."
    ),
}
TERSE = {
    "exploitation": "CVE-2021-44228 is exploited in the wild to deploy coin miners through JNDI lookups.",
    "phishing": "Spearphishing mails carry an ISO with an LNK that starts rundll32.exe and beacons to a C2 server.",
    "ids only": "Observed: T1059.001, T1003.001, T1021.002, T1486.",
    "indicators only": "hxxps://update-service[.]example/gate.php and 198.51.100[.]23:8443",
    "hashes": "Samples: 44d88612fea8a8f36de82e1278abb02f "
    "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    "ransomware": "Before encrypting, the ransomware operators delete shadow copies with vssadmin and exfiltrate data.",
    "group": "APT29 used password spraying against cloud accounts.",
    "record": "A flaw in the Gadget server lets a remote attacker execute arbitrary code. CVSS 3.1 base score 9.8.",
    "german with indicators": "Die Schadsoftware lädt ihre Konfiguration von hxxp://boese[.]example/a nach (T1105).",
}


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_other_texts_are_told_apart_with_a_notice(text: str) -> None:
    """Everyday texts are no threat intelligence: that is a warning with its reason, and never an error."""
    found = classify(Report(text=text))
    assert not found.is_threat_intelligence
    assert found.score < 0.5
    (notice,) = found.notices
    assert (notice.code, notice.severity) == ("NotThreatIntelligence", "warning")


@pytest.mark.parametrize("text", TERSE.values(), ids=TERSE)
def test_terse_threat_intelligence_is_recognised(text: str) -> None:
    """A sentence or a bare list of indicators is enough."""
    found = classify(Report(text=text))
    assert found.is_threat_intelligence
    assert found.score >= 0.5
    assert found.notices == ()


@pytest.mark.skipif(not REPORTS.exists(), reason="the shared reports are not on this machine")
def test_every_shared_report_is_accepted() -> None:
    """All forty published reports count as threat intelligence, with room to spare."""
    scores = {
        (one := json.loads(line))["id"]: classify(Report(text=one["text"])).score
        for line in REPORTS.read_text().splitlines()
    }
    assert len(scores) == 40
    assert min(scores.values()) > 0.75


def test_the_notice_names_the_signs_it_saw() -> None:
    """A person can see why a text was doubted."""
    (notice,) = classify(Report(text=OTHER["changelog"])).notices
    assert "password" in notice.message
    (silent,) = classify(Report(text=OTHER["travel"])).notices
    assert "no sign of it" in silent.message


def test_a_few_terms_do_not_make_a_long_text_one() -> None:
    """The same sentence counts in a note and not in a novel."""
    sentence = "They found malware and a backdoor."
    assert classify(Report(text=sentence)).is_threat_intelligence
    assert not classify(Report(text=sentence + " The ferry leaves at noon." * 1000)).is_threat_intelligence


def test_words_of_computing_alone_are_not_enough() -> None:
    """However many common words there are, without a telling one they count nothing."""
    text = "encrypt download registry privilege password executable sandbox inject bypass hijack tunnel base64 smb"
    assert classify(Report(text=text)).score == 0


def test_spelling_with_hyphen_or_line_break_is_the_same_term() -> None:
    """Terms of several words are found however they are joined."""
    joined = [f"seen: lateral{link}movement" for link in (" ", "-", "\n", " \n ")]
    scores = [classify(Report(text=text)).score for text in joined]
    assert min(scores) > 0.49


def test_an_empty_text_is_judged_too() -> None:
    """Nothing at all is no threat intelligence."""
    assert classify(Report(text="")).score == 0
