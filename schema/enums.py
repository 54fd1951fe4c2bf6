"""The graph's enums."""

from __future__ import annotations

from adapters.cloudlink.account import ActionStatus
from adapters.cloudlink.models import BudgetScope, RegressionStatus
from adapters.cloudsigma import models
from adapters.confidence import Confidence
from adapters.health import Health
from adapters.http.breaker import BreakerState
from adapters.services import Service
from adapters.sigil import models as sigil
from resolvers.scan_kinds import ScanKind
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
    BreakerState,
    "Whether calls go through to an upstream.",
    {
        "CLOSED": "All go through.",
        "OPEN": "Most have failed: none go through for a few seconds.",
        "HALF_OPEN": "One goes through, to see whether the upstream is back.",
    },
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
    Confidence,
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
enum(
    sigil.ScanStatus,
    "What has become of a scan.",
    {
        "QUEUED": "It waits for its turn.",
        "RUNNING": "It is at work.",
        "COMPLETED": "The result is there.",
        "FAILED": "It ended without a result; the error says why.",
    },
)
enum(
    ScanKind,
    "What a scan looks at.",
    {"PACKAGE": "A package of a registry.", "CLOUD": "A cloud account."},
)
enum(
    sigil.Verdict,
    "What a score means.",
    {
        "CLEAN": "Nothing was found: 0 points.",
        "LOW_RISK": "1 to 9 points.",
        "MEDIUM_RISK": "10 to 24 points.",
        "HIGH_RISK": "25 to 49 points.",
        "CRITICAL_RISK": "50 points or more.",
    },
)
enum(
    sigil.PhaseName,
    "A phase of a scan.",
    {
        "INSTALL_HOOKS": "What runs when the package is installed.",
        "CODE_PATTERNS": "Dangerous things that its code does.",
        "NETWORK_EXFIL": "Data that leaves.",
        "CREDENTIALS": "Secrets that it reads or replaces.",
        "OBFUSCATION": "What it hides.",
        "PROVENANCE": "Where it comes from.",
    },
)
enum(
    sigil.Severity,
    "How grave something is.",
    {
        "INFO": "Good to know.",
        "LOW": "Hardly grave.",
        "MEDIUM": "Look at it.",
        "HIGH": "Do not use it unseen.",
        "CRITICAL": "An attack.",
    },
)
enum(
    RegressionStatus,
    "What has become of a regression.",
    {
        "OPEN": "Nobody has taken note of it.",
        "ACKNOWLEDGED": "Somebody looks after it.",
        "RESOLVED": "It is over.",
    },
)
enum(
    BudgetScope,
    "What a budget covers.",
    {"TOTAL": "The spend of all services.", "SERVICE": "The spend of one service."},
)
enum(
    ActionStatus,
    "What has become of an action.",
    {
        "AWAITING_APPROVAL": "It waits to be approved or rejected.",
        "PENDING": "It is approved, and waits for its turn.",
        "IN_PROGRESS": "It is at work.",
        "SUCCESS": "The change is made, or would have been where it is a dry run.",
        "FAILED": "The change is not made; the error says why.",
        "RETRY": "It failed, and is tried again.",
    },
)
