"""What each platform's log shows of each sort of indicator: which field, in which form."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from enum import StrEnum

import msgspec

from adapters.cloudsigma.local.sigma_rule import LogSource, Value, literal
from adapters.cloudsigma.models import Ioc, Platform


class Sort(StrEnum):
    """Types of indicators that a log shows in the same place."""

    ADDRESS = "address"
    DOMAIN = "domain"
    URL = "url"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    FILE_PATH = "path"


SORT_OF_TYPE = {
    "ipv4": Sort.ADDRESS,
    "ipv6": Sort.ADDRESS,
    "domain": Sort.DOMAIN,
    "url": Sort.URL,
    "md5": Sort.MD5,
    "sha1": Sort.SHA1,
    "sha256": Sort.SHA256,
    "file_path": Sort.FILE_PATH,
}

Form = Callable[[Ioc], str | None]
"""How an indicator is written in a field; None when that field can't show it."""


class Sight(msgspec.Struct, frozen=True):
    """Where a platform shows a sort of indicator: any of `fields`, in events that also have `within`."""

    platform: Platform
    sort: Sort
    title: str
    logsource: LogSource
    fields: tuple[tuple[str, Form], ...]
    within: dict[str, Value] = {}


def _as_is(ioc: Ioc) -> str:
    return literal(ioc.value)


def _subdomain(ioc: Ioc) -> str:
    return literal(f".{ioc.value}")


def _without_scheme(ioc: Ioc) -> str:
    return literal(ioc.value.partition("://")[2] or ioc.value)


def _without_drive(ioc: Ioc) -> str:
    return literal(ioc.value[2:])


def _named_hash(ioc: Ioc) -> str:
    return f"{ioc.type.upper()}={ioc.value.upper()}"


def _socket_address(ioc: Ioc) -> str | None:
    """Auditd writes the C structure sockaddr_in in hexadecimal: family, port, address."""
    if ioc.type != "ipv4":
        return None
    return f"0200????{ipaddress.IPv4Address(ioc.value).packed.hex().upper()}*"


_SYSMON = Platform.WINDOWS_SYSMON
_SECURITY = Platform.WINDOWS_SECURITY
_POWERSHELL = Platform.WINDOWS_POWERSHELL
_AUDITD = Platform.LINUX_AUDITD

_PROCESS = LogSource(category="process_creation", product="windows")
_SCRIPT = LogSource(
    category="ps_script", product="windows", definition="Requirements: Script Block Logging must be enabled"
)
_FIREWALL = LogSource(
    product="windows",
    service="security",
    definition="Requirements: the audit policy Filtering Platform Connection must be enabled",
)
_LINUX = LogSource(product="linux", service="auditd")


def _arguments(form: Form) -> tuple[tuple[str, Form], ...]:
    return tuple((f"a{position}|contains", form) for position in range(1, 5))


SIGHTS = (
    *(
        Sight(
            _SYSMON, sort, f"Execution of a File With a Reported {name}", _PROCESS, (("Hashes|contains", _named_hash),)
        )
        for sort, name in ((Sort.MD5, "MD5"), (Sort.SHA1, "SHA-1"), (Sort.SHA256, "SHA-256"))
    ),
    Sight(
        _SYSMON,
        Sort.ADDRESS,
        "Network Connection to a Reported Address",
        LogSource(category="network_connection", product="windows"),
        (("DestinationIp", _as_is),),
    ),
    Sight(
        _SYSMON,
        Sort.DOMAIN,
        "DNS Query for a Reported Domain",
        LogSource(category="dns_query", product="windows"),
        (("QueryName", _as_is), ("QueryName|endswith", _subdomain)),
    ),
    Sight(
        _SYSMON, Sort.URL, "Command Line With a Reported URL", _PROCESS, (("CommandLine|contains", _without_scheme),)
    ),
    Sight(
        _SYSMON,
        Sort.FILE_PATH,
        "Creation of a Reported File",
        LogSource(category="file_event", product="windows"),
        (("TargetFilename|endswith", _without_drive),),
    ),
    Sight(
        _SECURITY,
        Sort.ADDRESS,
        "Permitted Connection to a Reported Address",
        _FIREWALL,
        (("DestAddress", _as_is),),
        {"EventID": 5156},
    ),
    Sight(
        _SECURITY,
        Sort.FILE_PATH,
        "Process Started From a Reported Path",
        _PROCESS,
        (("Image|endswith", _without_drive),),
    ),
    Sight(_SECURITY, Sort.DOMAIN, "Command Line With a Reported Domain", _PROCESS, (("CommandLine|contains", _as_is),)),
    *(
        Sight(
            _POWERSHELL,
            sort,
            f"PowerShell Script With a Reported {noun}",
            _SCRIPT,
            (("ScriptBlockText|contains", form),),
        )
        for sort, noun, form in (
            (Sort.ADDRESS, "Address", _as_is),
            (Sort.DOMAIN, "Domain", _as_is),
            (Sort.URL, "URL", _without_scheme),
        )
    ),
    Sight(
        _AUDITD,
        Sort.ADDRESS,
        "Linux Socket With a Reported Address",
        _LINUX,
        (("saddr", _socket_address),),
        {"type": "SOCKADDR"},
    ),
    *(
        Sight(_AUDITD, sort, f"Linux Command With a Reported {noun}", _LINUX, _arguments(form), {"type": "EXECVE"})
        for sort, noun, form in ((Sort.DOMAIN, "Domain", _as_is), (Sort.URL, "URL", _without_scheme))
    ),
    *(
        Sight(platform, Sort.ADDRESS, f"{log} Activity From a Reported Address", logsource, ((field, _as_is),))
        for platform, log, logsource, field in (
            (Platform.AWS, "AWS", LogSource(product="aws", service="cloudtrail"), "sourceIPAddress"),
            (
                Platform.GCP,
                "Google Cloud",
                LogSource(product="gcp", service="gcp.audit"),
                "protoPayload.requestMetadata.callerIp",
            ),
            (Platform.AZURE, "Azure", LogSource(product="azure", service="activitylogs"), "CallerIpAddress"),
            (Platform.OKTA, "Okta", LogSource(product="okta", service="okta"), "client.ipAddress"),
            (
                Platform.ENTRA_ID_SIGNIN,
                "Entra ID Sign-In",
                LogSource(product="azure", service="signinlogs"),
                "IPAddress",
            ),
            (
                Platform.ENTRA_ID_AUDIT,
                "Entra ID Directory",
                LogSource(product="azure", service="auditlogs"),
                "InitiatedBy.user.ipAddress",
            ),
            (
                Platform.KUBERNETES_AUDIT,
                "Kubernetes",
                LogSource(category="application", product="kubernetes", service="audit"),
                "sourceIPs",
            ),
            (
                Platform.MODSECURITY,
                "Web Application",
                LogSource(category="webserver", product="modsecurity"),
                "c-ip",
            ),
            (Platform.AWS_WAF, "AWS WAF", LogSource(product="aws", service="waf"), "httpRequest.clientIp"),
        )
    ),
)
"""Everything that can be looked for, in the order in which rules are written."""
