from __future__ import annotations

import pytest

from adapters.cloudsigma.local.indicators import LONGEST_CONTEXT, MOST, indicators

SHA256 = "358af26358a436a38d75ac5de22ae07c4d59a8d50241f4fff02c489aa69e462f"
SHA1 = "4585da0ff7a763be1a46d78134624f7cd13e6940"
MD5 = "2373be26018075847aea51636b739f66"


def found(text: str) -> list[tuple[str, str]]:
    return [(ioc.type, ioc.value) for ioc in indicators(text)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hxxp://evil[.]com/a/b.php", [("url", "http://evil.com/a/b.php"), ("domain", "evil.com")]),
        ("hXXps[:]//bad[.]site[.]org:8080/x", [("url", "https://bad.site.org:8080/x"), ("domain", "bad.site.org")]),
        ("93.184.215[.]14", [("ipv4", "93.184.215.14")]),
        ("2a03:2880:f12f:83:face:b00c:0:25de", [("ipv6", "2a03:2880:f12f:83:face:b00c:0:25de")]),
        ("user[@]mail-drop.com", [("email", "user@mail-drop.com")]),
        ("evil(.)net", [("domain", "evil.net")]),
        ("updates.evil.net", [("domain", "updates.evil.net")]),
        (MD5, [("md5", MD5)]),
        (SHA1.upper(), [("sha1", SHA1)]),
        (SHA256, [("sha256", SHA256)]),
        ("CVE-2021-44228", [("cve", "CVE-2021-44228")]),
        (r"C:\Users\Public\loader.exe", [("file_path", r"C:\Users\Public\loader.exe")]),
        ("hxxp://179.43.175[.]187/pqpf/", [("url", "http://179.43.175.187/pqpf/"), ("ipv4", "179.43.175.187")]),
    ],
)
def test_each_type_is_found_also_when_defanged(written: str, expected: list[tuple[str, str]]) -> None:
    """Every type of indicator is found and fanged, with or without brackets around its dots."""
    assert found(f"The implant then used {written} for its work.") == expected


@pytest.mark.parametrize(
    "text",
    [
        "It runs svchost.exe, reads readme.md, calls main.py and unpacks build.zip and install.sh.",
        "Affected is OpenSSL version 1.0.2.11 as well as v3.4.5.6 and Chrome/108.0.0.0.",
        "Fixed for all devices with 12.4.1.7 or later.",
        "The hosts 10.0.0.5, 192.168.1.20, 127.0.0.1, 169.254.169.254, 0.0.0.0, fe80::1 and 224.0.0.1 were scanned.",
        "It resolves names at 8.8.8.8 and 1.1.1.1.",
        "The addresses 192.0.2.1 and 2001:db8::1 stand for any.",
        "See https://attack.mitre.org/techniques/T1055/ and https://learn.microsoft.com/en-us/windows/win32.",
        "Read our analysis at www.welivesecurity.com/2023/04/20/linux-malware or write to threatintel@eset.com.",
        "The code is at https://github.com/gentilkiwi/mimikatz, see also github.com.",
        "It loads the class System.IO and the assembly Microsoft.NET through ASP.NET.",
        "The loader has no own code.How it starts is odd.It waits.As a result it is slow.",
        "Detected as BehavesLike.Win32.Generic.kh and Backdoor.Win32.Agent.ab.",
        "An empty file has the hash d41d8cd98f00b204e9800998ecf8427e, its key is 00000000000000000000000000000000.",
        r"It starts C:\Windows\System32\cmd.exe and C:\Windows\explorer.exe.",
        "",
    ],
)
def test_false_friends_are_left_out(text: str) -> None:
    """Versions, file names, references, system files and addresses of nobody are no indicators."""
    assert found(text) == []


def test_a_documentation_address_counts_when_it_was_defanged() -> None:
    """Who writes 203.0.113[.]7 means an indicator, so it stays; a private address never does."""
    assert found("C2 at 203.0.113[.]7 and 10.1.2[.]3.") == [("ipv4", "203.0.113.7")]


def test_a_defanged_url_at_a_shared_service_counts_without_its_host() -> None:
    """A payload on a file host is an indicator, while blocking that host would hit everybody."""
    text = "The payload lay at hxxps://raw.githubusercontent[.]com/acct/repo/main/a.ps1 for a day."
    assert found(text) == [("url", "https://raw.githubusercontent.com/acct/repo/main/a.ps1")]


def test_the_context_is_the_sentence_as_it_was_written() -> None:
    """An indicator carries its own sentence, defanged as it stood in the report."""
    text = "Something else happened first. The implant called evil[.]com twice. It slept afterwards."
    assert [ioc.context for ioc in indicators(text)] == ["The implant called evil[.]com twice."]


def test_a_long_sentence_is_cut_around_the_indicator() -> None:
    """The context of an indicator in a very long line is bounded and still shows it."""
    (ioc,) = indicators("word " * 150 + "evil[.]com " + "word " * 80)
    assert ioc.context is not None
    assert len(ioc.context) <= LONGEST_CONTEXT
    assert "evil[.]com" in ioc.context


def test_order_of_appearance_and_no_repeats() -> None:
    """Indicators come in the order of the text, each once however it is written."""
    text = f"First {MD5} then evil[.]com.\nAgain evil.com and {MD5.upper()}, then 93.184.215.14 and evil[.]com."
    assert found(text) == [("md5", MD5), ("domain", "evil.com"), ("ipv4", "93.184.215.14")]


def test_a_dump_of_brackets_hides_nothing() -> None:
    """Runs of brackets, on which fanging would take minutes, are passed over; the indicators around them are found."""
    text = f"evil[.]com {'(' * 50_000} {'[' * 50_000} 93.184.215[.]14"
    assert found(text) == [("domain", "evil.com"), ("ipv4", "93.184.215.14")]


def test_a_long_line_is_not_cut_within_an_indicator() -> None:
    """Lines of many thousand characters are read in pieces that end at spaces, so that no indicator is torn."""
    text = " ".join(f"seen at host{number}.evil.net today" for number in range(400))
    assert found(text) == [("domain", f"host{number}.evil.net") for number in range(400)]


def test_the_number_of_indicators_is_bounded() -> None:
    """A list of thousands of indicators gives the first ones only."""
    text = "\n".join(f"host{number}.evil.net" for number in range(MOST + 100))
    values = found(text)
    assert len(values) == MOST
    assert values[0] == ("domain", "host0.evil.net")
