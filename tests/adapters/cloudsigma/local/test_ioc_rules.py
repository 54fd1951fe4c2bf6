from __future__ import annotations

import uuid

import pytest
import yaml
from sigma.rule import SigmaRule

from adapters.cloudsigma.local.ioc_rules import DATE, MOST_VALUES, ioc_rules
from adapters.cloudsigma.models import Ioc, Platform, Rule, RuleKind

SHA256 = "358af26358a436a38d75ac5de22ae07c4d59a8d50241f4fff02c489aa69e462f"
IOCS = (
    Ioc(type="ipv4", value="93.184.215.14"),
    Ioc(type="ipv6", value="2a03:2880:f12f:83:face:b00c:0:25de"),
    Ioc(type="domain", value="evil.com"),
    Ioc(type="url", value="http://evil.com/a?b=*"),
    Ioc(type="md5", value="2373be26018075847aea51636b739f66"),
    Ioc(type="sha1", value="4585da0ff7a763be1a46d78134624f7cd13e6940"),
    Ioc(type="sha256", value=SHA256),
    Ioc(type="file_path", value=r"C:\Users\Public\loader.exe"),
    Ioc(type="email", value="user@mail-drop.com"),
    Ioc(type="cve", value="CVE-2021-44228"),
)


def rules(platform: Platform, *iocs: Ioc) -> tuple[Rule, ...]:
    return ioc_rules(iocs, [platform], watermark=False)


def selection(rule: Rule) -> object:
    return yaml.safe_load(rule.sigma)["detection"]["selection"]


@pytest.mark.parametrize(
    ("platform", "ioc", "expected"),
    [
        (Platform.WINDOWS_SYSMON, IOCS[0], {"DestinationIp": ["93.184.215.14"]}),
        (Platform.WINDOWS_SYSMON, IOCS[2], [{"QueryName": ["evil.com"]}, {"QueryName|endswith": [".evil.com"]}]),
        (Platform.WINDOWS_SYSMON, IOCS[3], {"CommandLine|contains": [r"evil.com/a\?b=\*"]}),
        (Platform.WINDOWS_SYSMON, IOCS[6], {"Hashes|contains": [f"SHA256={SHA256.upper()}"]}),
        (Platform.WINDOWS_SYSMON, IOCS[7], {"TargetFilename|endswith": [r"\Users\Public\loader.exe"]}),
        (Platform.WINDOWS_SECURITY, IOCS[0], {"EventID": 5156, "DestAddress": ["93.184.215.14"]}),
        (Platform.WINDOWS_POWERSHELL, IOCS[2], {"ScriptBlockText|contains": ["evil.com"]}),
        (Platform.LINUX_AUDITD, IOCS[0], {"type": "SOCKADDR", "saddr": ["0200????5DB8D70E*"]}),
        (Platform.AWS, IOCS[0], {"sourceIPAddress": ["93.184.215.14"]}),
        (Platform.OKTA, IOCS[1], {"client.ipAddress": ["2a03:2880:f12f:83:face:b00c:0:25de"]}),
        (Platform.ENTRA_ID_SIGNIN, IOCS[0], {"IPAddress": ["93.184.215.14"]}),
        (Platform.AWS_WAF, IOCS[0], {"httpRequest.clientIp": ["93.184.215.14"]}),
    ],
)
def test_an_indicator_is_looked_for_where_the_log_shows_it(platform: Platform, ioc: Ioc, expected: object) -> None:
    """Each type of indicator is asked for in the log's own field, in the form that field has, wildcards escaped."""
    (rule,) = rules(platform, ioc)
    assert selection(rule) == expected
    assert (rule.kind, rule.platform, rule.technique_id) == (RuleKind.IOC, platform, None)


@pytest.mark.parametrize("platform", list(Platform))
def test_every_platform_can_see_an_address(platform: Platform) -> None:
    """An IPv4 address gives a rule on each of the 13 platforms, and pySigma reads it."""
    (rule,) = rules(platform, IOCS[0], *(ioc for ioc in IOCS if ioc.type in {"email", "cve"}))
    assert SigmaRule.from_yaml(rule.sigma).title == rule.title


def test_what_no_log_of_the_platform_shows_gives_no_rule() -> None:
    """A file hash can't be seen in CloudTrail, nor a mailbox or a CVE anywhere."""
    assert rules(Platform.AWS, *IOCS[4:]) == ()
    assert rules(Platform.LINUX_AUDITD, IOCS[1]) == ()
    assert ioc_rules(IOCS[8:], list(Platform), watermark=True) == ()


def test_only_asked_platforms_get_rules() -> None:
    """Rules are written for the platforms that were asked for and no other."""
    made = ioc_rules(IOCS, [Platform.OKTA, Platform.AWS], watermark=False)
    assert {rule.platform for rule in made} == {Platform.OKTA, Platform.AWS}


def test_the_same_indicators_give_the_same_bytes() -> None:
    """Rules depend on the indicators alone: ids, date and text are equal in whatever order the platforms come."""
    first = ioc_rules(IOCS, list(Platform), watermark=True)
    assert first == ioc_rules(IOCS, list(reversed(Platform)), watermark=True)
    assert {str(yaml.safe_load(rule.sigma)["date"]) for rule in first} == {DATE}
    assert {uuid.UUID(rule.id).version for rule in first} == {5}
    assert len({rule.id for rule in first}) == len({rule.title for rule in first}) == len(first)


def test_the_watermark_is_written_only_when_asked_for() -> None:
    """A rule of the free tier carries the watermark, and keeps the id that it has without it."""
    (plain,) = ioc_rules(IOCS[:1], [Platform.AWS], watermark=False)
    (marked,) = ioc_rules(IOCS[:1], [Platform.AWS], watermark=True)
    assert "_cloudsigma" not in plain.sigma
    assert yaml.safe_load(marked.sigma)["_cloudsigma"] == {"watermark": True}
    assert plain.id == marked.id


def test_a_long_list_is_cut_into_several_rules() -> None:
    """More indicators than one rule may hold give more rules, each indicator in exactly one."""
    many = [Ioc(type="domain", value=f"host{number}.evil.net") for number in range(2 * MOST_VALUES + 1)]
    made = ioc_rules(many, [Platform.WINDOWS_POWERSHELL], watermark=False)
    values = [value for rule in made for value in yaml.safe_load(rule.sigma)["detection"]["selection"].popitem()[1]]
    assert [rule.title.rpartition(" - ")[2] for rule in made][1:] == ["Part 2", "Part 3"]
    assert values == [ioc.value for ioc in many]
