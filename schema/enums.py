"""The graph's enums."""

from __future__ import annotations

from adapters.cloudsigma import models
from adapters.health import Health
from adapters.services import Service
from schema.view import enum

enum(
    Service,
    "A service that the graph unifies.",
    {
        "CLOUDSIGMA": "Threat intelligence to detection rules.",
        "CLOUDLINK": "Cloud cost, deploys and budgets.",
        "SIGIL": "Supply-chain scans of packages.",
    },
)
enum(
    Health,
    "Whether a service can be used right now.",
    {"UP": "It answers.", "DEGRADED": "It answers in part, or slowly.", "DOWN": "It does not answer."},
)
enum(
    models.ExecutionStatus,
    "What has become of an execution.",
    {
        "RUNNING": "The pipeline is at work.",
        "SUCCEEDED": "The output is there.",
        "FAILED": "It ended without output; the error says why.",
    },
)
enum(
    models.InputType,
    "What an execution was given.",
    {"URL": "The address of a page or PDF.", "CVE": "The id of a vulnerability.", "TEXT": "The report itself."},
)
enum(
    models.Confidence,
    "How sure a finding is.",
    {"HIGH": "Stated or evident.", "MEDIUM": "Likely.", "LOW": "Possible."},
)
enum(
    models.RuleKind,
    "What a rule looks for.",
    {"BEHAVIORAL": "What an attacker does.", "IOC": "Indicators: addresses, names, hashes."},
)
enum(
    models.Siem,
    "A query language that rules are converted to.",
    {
        "SPLUNK": "Splunk, SPL.",
        "SENTINEL": "Microsoft Sentinel, KQL.",
        "ELASTICSEARCH": "Elasticsearch, Lucene.",
        "OPENSEARCH": "OpenSearch, Lucene.",
        "CHRONICLE": "Google Chronicle, UDM search.",
        "GOOGLE_SECOPS": "Google SecOps, YARA-L.",
    },
)
enum(
    models.Platform,
    "A log provider that rules are written for.",
    {
        "AWS": "AWS CloudTrail.",
        "GCP": "Google Cloud audit logs.",
        "AZURE": "Azure activity logs.",
        "WINDOWS_SYSMON": "Windows Sysmon.",
        "WINDOWS_SECURITY": "The Windows Security log.",
        "WINDOWS_POWERSHELL": "PowerShell script block logging.",
        "LINUX_AUDITD": "Linux auditd.",
        "KUBERNETES_AUDIT": "Kubernetes audit logs.",
        "OKTA": "Okta's system log.",
        "ENTRA_ID_SIGNIN": "Entra ID sign-in logs.",
        "ENTRA_ID_AUDIT": "Entra ID audit logs.",
        "MODSECURITY": "ModSecurity, the web application firewall.",
        "AWS_WAF": "AWS WAF logs.",
    },
)
enum(
    models.Stage,
    "A stage of the pipeline, in order.",
    {
        "INGEST": "Get the text of the input.",
        "CLASSIFY": "Say whether it is threat intelligence.",
        "EXTRACT": "Find techniques and indicators.",
        "FILTER": "Leave out what no log would show.",
        "GENERATE": "Write the rules.",
        "VALIDATE": "Check every rule.",
        "CONVERT": "Translate the rules for every SIEM.",
    },
)
