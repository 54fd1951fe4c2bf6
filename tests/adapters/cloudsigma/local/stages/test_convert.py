from __future__ import annotations

import re

import pytest

from adapters.cloudsigma.local.ioc_rules import ioc_rules
from adapters.cloudsigma.local.material import RuleSet
from adapters.cloudsigma.local.sigma_rule import LogSource, Selection, SigmaRule, to_model
from adapters.cloudsigma.local.stages.convert import convert
from adapters.cloudsigma.models import DetectionGap, Ioc, Notice, Platform, Rule, RuleKind, Siem

ALWAYS = (Siem.SPLUNK, Siem.SENTINEL, Siem.ELASTICSEARCH, Siem.OPENSEARCH)
WINDOWS = LogSource(product="windows", category="process_creation")
SECURITY = LogSource(product="windows", service="security")
CLOUDTRAIL = LogSource(product="aws", service="cloudtrail")
AUDITD = LogSource(product="linux", service="auditd")
TYPICAL: dict[Platform, tuple[LogSource, Selection]] = {
    Platform.WINDOWS_SYSMON: (WINDOWS, {"Image|endswith": r"\a.exe", "CommandLine|contains": " -f "}),
    Platform.WINDOWS_SECURITY: (SECURITY, {"EventID": [4624, 4625], "LogonType": 3, "SubjectUserName": None}),
    Platform.WINDOWS_POWERSHELL: (
        LogSource(product="windows", category="ps_script"),
        {"ScriptBlockText|contains": "Invoke-Expression"},
    ),
    Platform.LINUX_AUDITD: (AUDITD, {"type": "EXECVE", "a0|endswith": "curl", "a1|startswith": "http"}),
    Platform.AWS: (CLOUDTRAIL, {"eventName": "PutBucketPolicy", "requestParameters.bucketName|contains": "x"}),
    Platform.GCP: (
        LogSource(product="gcp", service="gcp.audit"),
        {"protoPayload.methodName|endswith": "SetIamPolicy", "protoPayload.request.policy|contains": "owner"},
    ),
    Platform.AZURE: (LogSource(product="azure", service="activitylogs"), {"OperationNameValue|endswith": "/write"}),
    Platform.ENTRA_ID_SIGNIN: (LogSource(product="azure", service="signinlogs"), {"ResultType": [50126, 50053]}),
    Platform.ENTRA_ID_AUDIT: (
        LogSource(product="azure", service="auditlogs"),
        {"OperationName": "Add app role assignment", "InitiatedBy.user.userPrincipalName|re": "^a.*"},
    ),
    Platform.OKTA: (LogSource(product="okta", service="okta"), {"eventType": "user.mfa.factor.deactivate"}),
    Platform.KUBERNETES_AUDIT: (
        LogSource(product="kubernetes", category="application", service="audit"),
        {"verb": "create", "objectRef.subresource": "exec"},
    ),
    Platform.MODSECURITY: (LogSource(product="modsecurity", category="webserver"), ["union select", "<script>"]),
    Platform.AWS_WAF: (LogSource(product="aws", service="waf"), {"action": "BLOCK", "httpRequest.uri|contains": ".."}),
}


def rule(platform: Platform | None, logsource: LogSource, selection: Selection, title: str = "A Rule (Test)") -> Rule:
    written = SigmaRule(
        title=title,
        description='Says "something" about it.',
        logsource=logsource,
        selections={"selection": selection},
        condition="selection",
        date="2026-01-01",
        watermark=True,
    )
    made = to_model(written, kind=RuleKind.BEHAVIORAL, platform=Platform.AWS, technique_id="T1059")
    return Rule(id=made.id, title=title, platform=platform, sigma=made.sigma)


def query(siem: Siem, platform: Platform | None, logsource: LogSource, selection: Selection) -> str:
    (converted,) = convert(RuleSet(rules=(rule(platform, logsource, selection),)), [siem]).rules
    return converted.queries[siem.value]


@pytest.mark.parametrize("platform", list(Platform))
def test_each_platform_converts_at_least_to_four_siems(platform: Platform) -> None:
    """A typical rule of each of the 13 platforms has a query for Splunk, Sentinel, Elasticsearch and OpenSearch."""
    (converted,) = convert(RuleSet(rules=(rule(platform, *TYPICAL[platform]),)), list(Siem)).rules
    assert {siem.value for siem in ALWAYS} <= set(converted.queries)
    assert all(converted.queries.values())


def test_all_indicator_rules_convert_to_four_siems() -> None:
    """Rules for indicators of all types on all platforms have a query for those four SIEMs, too."""
    values = {"ipv4": "93.184.215.14", "domain": "evil.com", "url": "http://evil.com/a", "file_path": r"C:\a\b.exe"}
    hashes = {"md5": "a1" * 16, "sha1": "a1" * 20, "sha256": "a1" * 32}
    iocs = [Ioc(type=kind, value=value) for kind, value in {**values, **hashes}.items()]
    made = ioc_rules(iocs, list(Platform), watermark=True)
    converted = convert(RuleSet(rules=made), list(Siem)).rules
    assert len(converted) == len(made)
    assert all({siem.value for siem in ALWAYS} <= set(one.queries) for one in converted)


@pytest.mark.parametrize(
    ("siem", "platform", "expected"),
    [
        (Siem.SPLUNK, Platform.WINDOWS_SYSMON, r'Operational" EventCode=1 Image="*\\a.exe" CommandLine="* -f *"'),
        (Siem.SPLUNK, Platform.AWS, 'sourcetype="aws:cloudtrail" eventName="PutBucketPolicy"'),
        (Siem.SENTINEL, Platform.WINDOWS_SYSMON, r'imProcessCreate | where TargetProcessName endswith "\\a.exe"'),
        (Siem.SENTINEL, Platform.WINDOWS_SECURITY, "SecurityEvent | where (EventID == 4624 or EventID == 4625) and"),
        (Siem.SENTINEL, Platform.WINDOWS_SECURITY, "isempty(SubjectUserName)"),
        (Siem.SENTINEL, Platform.AWS, "= tostring(parse_json(RequestParameters).bucketName) | where EventName =~"),
        (Siem.SENTINEL, Platform.ENTRA_ID_SIGNIN, 'SigninLogs | where ResultType in~ ("50126", "50053")'),
        (Siem.SENTINEL, Platform.MODSECURITY, 'WholeEvent contains "union select" or WholeEvent contains "<script>"'),
        (Siem.ELASTICSEARCH, Platform.WINDOWS_SYSMON, r"event.code:1) AND (process.executable.caseless:*\\a.exe"),
        (Siem.ELASTICSEARCH, Platform.AWS, "event.dataset:aws.cloudtrail AND (event.action:PutBucketPolicy AND"),
        (Siem.OPENSEARCH, Platform.KUBERNETES_AUDIT, "kubernetes.audit.objectRef.subresource:exec"),
        (Siem.CHRONICLE, Platform.WINDOWS_SYSMON, '(metadata.event_type = "PROCESS_LAUNCH") AND (target.process'),
        (Siem.CHRONICLE, Platform.OKTA, '(metadata.log_type = "OKTA") AND (metadata.product_event_type = "user.mfa'),
        (Siem.GOOGLE_SECOPS, Platform.OKTA, '$event1.metadata.product_event_type = "user.mfa.factor.deactivate"'),
    ],
)
def test_a_query_speaks_of_the_siems_own_tables_and_fields(siem: Siem, platform: Platform, expected: str) -> None:
    """Log source and fields are named as the SIEM calls them, with values of the right type."""
    said = query(siem, platform, *TYPICAL[platform])
    assert expected in " ".join(said.split())


def test_yara_l_is_a_whole_rule() -> None:
    """A YARA-L rule has a valid name, quoted metadata, events and a condition."""
    said = query(Siem.GOOGLE_SECOPS, Platform.WINDOWS_SYSMON, *TYPICAL[Platform.WINDOWS_SYSMON])
    assert re.match(r"rule a_rule_test \{\n  meta:\n", said)
    assert r'description = "Says \"something\" about it."' in said
    assert re.search(r"\n  events:\n(    \(.*\)\n)+  condition:\n    \$event1\n\}$", said)


def test_hashes_go_to_the_field_of_their_kind() -> None:
    """Sysmon's one field of hashes becomes the column or field of that kind, without its name before the value."""
    selection: Selection = {"Hashes|contains": ["SHA1=ABCDEF"]}
    assert 'target.process.file.sha1 = "abcdef"' in query(Siem.CHRONICLE, Platform.WINDOWS_SYSMON, WINDOWS, selection)
    assert "TargetProcessSHA1" in query(Siem.SENTINEL, Platform.WINDOWS_SYSMON, WINDOWS, selection)


def test_the_platform_decides_what_a_process_event_is() -> None:
    """The generic process creation is event 4688 and its own fields when it was written for the security log."""
    said = query(Siem.SPLUNK, Platform.WINDOWS_SECURITY, WINDOWS, {"Image|endswith": r"\a.exe"})
    assert said == r'source="WinEventLog:Security" EventCode=4688 NewProcessName="*\\a.exe"'


def test_a_field_that_the_normalised_table_lacks_is_taken_from_the_event() -> None:
    """Where ASIM has no such column, the query reads Sysmon's event itself instead of failing."""
    said = query(Siem.SENTINEL, Platform.WINDOWS_SYSMON, WINDOWS, {"FooBar": "x"})
    assert said.startswith('Event\n| where Source == "Microsoft-Windows-Sysmon" and EventID == 1\n| extend FooBar = ')


@pytest.mark.parametrize("keywords", [["union select", "x y"], ["union select"], [{"c-ip": "1.2.3.4"}, {"ruleId": 1}]])
def test_lists_of_words_and_of_alternatives_convert(keywords: Selection) -> None:
    """A selection may be a list of words or of maps; Sentinel looks for words in the whole event."""
    said = query(Siem.SENTINEL, Platform.MODSECURITY, *TYPICAL[Platform.MODSECURITY][:1], keywords)
    assert ('WholeEvent contains "union select"' in said) is ("union select" in keywords)


def test_what_a_siem_can_not_express_is_one_notice_and_no_query() -> None:
    """Rules without a place in Google's data model get no query for it and are told in one notice for a SIEM."""
    selection: Selection = {"requestParameters.bucketName": "x"}
    odd = tuple(rule(Platform.AWS, CLOUDTRAIL, selection, title=f"Rule {name}") for name in ("One", "Two"))
    result = convert(RuleSet(rules=odd), list(Siem))
    assert [set(one.queries) for one in result.rules] == [{siem.value for siem in ALWAYS}] * 2
    assert [(notice.code, notice.severity, notice.message) for notice in result.notices] == [
        (
            "NotExpressible",
            "info",
            f"2 rules have no query for {siem}: the data model has no place for requestParameters.bucketName (2).",
        )
        for siem in (Siem.CHRONICLE, Siem.GOOGLE_SECOPS)
    ]


def test_only_the_asked_siems_are_filled_and_the_rest_is_kept() -> None:
    """Queries are made for the SIEMs asked for; gaps, earlier notices and the rules themselves stay as they were."""
    given = RuleSet(
        rules=(rule(Platform.OKTA, *TYPICAL[Platform.OKTA]),),
        gaps=(DetectionGap(technique_id="T1", reason="None."),),
        notices=(Notice(code="Earlier", message="Said before."),),
    )
    result = convert(given, [Siem.SPLUNK])
    assert set(result.rules[0].queries) == {"splunk"}
    assert (result.rules[0].sigma, result.gaps, result.notices) == (given.rules[0].sigma, given.gaps, given.notices)


def test_a_rule_without_a_platform_keeps_its_own_field_names() -> None:
    """What is for no platform of ours is still converted, with the fields that it has."""
    assert query(Siem.SPLUNK, None, WINDOWS, {"Image|endswith": r"\a.exe"}) == r'Image="*\\a.exe"'


def test_queries_do_not_depend_on_the_rules_before() -> None:
    """The same rule has the same queries whatever was converted before it, and converting it leaves no trace."""
    rules = tuple(rule(platform, *typical, title=f"For {platform}") for platform, typical in TYPICAL.items())
    forwards = convert(RuleSet(rules=rules), list(Siem)).rules
    backwards = convert(RuleSet(rules=rules[::-1]), list(Siem)).rules
    assert forwards == backwards[::-1] == convert(RuleSet(rules=rules), list(Siem)).rules
