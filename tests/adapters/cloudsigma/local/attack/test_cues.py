"""Wording that shows a technique."""

from __future__ import annotations

import pytest

from adapters.cloudsigma.local.attack.cues import FAIR, NEAR, STRONG, SURE, CueFile, CueMatcher, Cues, load_cues
from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge


def matcher(**cues: tuple[str, ...]) -> CueMatcher:
    return CueMatcher(CueFile(words={"fruit": "apple*|pear"}, techniques={"T1": Cues(**cues)}))


def test_all_groups_must_be_near() -> None:
    """A cue holds where each of its groups occurs, in any order, within a few words."""
    cues = matcher(strong=("eat*|bite $fruit",))
    assert cues.match("Two apples were eaten.") == {"T1": STRONG}
    assert cues.match("Nothing was eaten.") == {}
    assert cues.match(f"An apple {'and ' * NEAR} eaten.") == {}


def test_one_word_is_not_two_groups() -> None:
    """The same word does not stand for two groups of a cue."""
    cues = matcher(strong=("file* files",))
    assert cues.match("All files.") == {}
    assert cues.match("All files of files.") == {"T1": STRONG}


def test_phrase_is_adjacent_words() -> None:
    """Words joined by an underscore must follow each other, whatever stands between them but letters and digits."""
    cues = matcher(strong=("currentversion_run*",))
    assert cues.match(r"HKCU\Software\Microsoft\Windows\CurrentVersion\RunOnce") == {"T1": STRONG}
    assert cues.match("The CurrentVersion may run.") == {}


def test_forbidden_word_forbids() -> None:
    """A cue does not hold in a sentence with a forbidden word."""
    cues = matcher(strong=("decrypt* !ransom|victim",))
    assert cues.match("It decrypts strings.") == {"T1": STRONG}
    assert cues.match("They decrypt after the ransom is paid.") == {}


def test_best_cue_counts() -> None:
    """A technique's worth in a sentence is that of its best cue."""
    cues = matcher(sure=("regsvr32",), strong=("dll",), fair=("load*",))
    assert cues.match("It loads.") == {"T1": FAIR}
    assert cues.match("It loads a DLL.") == {"T1": STRONG}
    assert cues.match("It loads a DLL by regsvr32.") == {"T1": SURE}


def test_all_cues_are_of_techniques_in_force(knowledge: AttackKnowledge) -> None:
    """Our cues name only present ids."""
    cued = load_cues().technique_ids
    assert [one for one in cued if (known := knowledge.technique(one)) is None or known.technique_id != one] == []


@pytest.mark.parametrize(
    ("sentence", "technique_id"),
    [
        ("The trojan downloads additional modules from its server.", "T1105"),
        ("It hollows a suspended process and resumes the thread.", "T1055.012"),
        ("A scheduled task named Updater keeps it alive.", "T1053.005"),
        ("Commands arrive through HTTP POST requests to the C2 server.", "T1071.001"),
        ("Traffic to the C2 is encrypted with RC4.", "T1573.001"),
        ("Credentials were dumped from LSASS memory.", "T1003.001"),
        ("It persists through a Run key in the registry.", "T1547.001"),
        ("The attackers placed a web shell on the server.", "T1505.003"),
        ("The sample was packed with UPX.", "T1027.002"),
        ("It takes screenshots and logs keystrokes.", "T1056.001"),
        ("The DLL is executed with rundll32.exe.", "T1218.011"),
        ("The script deletes itself from disk.", "T1070.004"),
    ],
)
def test_common_wording_is_known(sentence: str, technique_id: str) -> None:
    """What reports say most often has a cue of at least the strong kind."""
    assert load_cues().match(sentence).get(technique_id, 0) >= STRONG


def test_plain_prose_has_no_cues() -> None:
    """Sentences of everyday life show nothing."""
    assert load_cues().match("Fold in the flour and bake the cake for forty minutes.") == {}
