"""What sentences name that a log would show: process names, command lines, paths, registry keys, API calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from adapters.cloudsigma.local.material import Observables

_MOST_VALUES = 20
_LONGEST_SENTENCE = 4_000
_LONGEST_COMMAND = 200
_MOST_ARGUMENTS = 14

_URL = re.compile(r"\b(?:h(?:tt|xx)ps?|s?ftps?|wss?|s3|gs)(?:\[:\]|:)//[^\s\"'<>]{1,500}", re.IGNORECASE)
_CITATION = re.compile(r"\s?[(\[]T\d{4}(?:\.\d{3})?[)\]]")
_PROCESS = re.compile(r"(?<![\w.%/-])[\w-][\w.-]{0,59}\.(?:exe|scr)\b(?!\.\w)", re.IGNORECASE)
_BARE_PROCESS = re.compile(
    r"(?<![\w./\\-])(?:rundll32|regsvr32|certutil|bitsadmin|schtasks|mshta|wscript|cscript|wmic|psexec|vssadmin|wevtutil"
    r"|bcdedit|installutil|msbuild|msiexec|nltest|ntdsutil|procdump|adfind|rclone|esentutl|odbcconf|cmstp|wmiprvse)"
    r"(?![\w\\/-]|\.\w)",
    re.IGNORECASE,
)
_WINDOWS_PATH = re.compile(
    r"(?<![\w%\\])(?:[A-Z]:|%[A-Z_()0-9]{3,24}%|\\\\[\w.$-]{1,60})(?:\\[^\s\\/:*?\"'<>|,;\u2500-\u257f]{1,80}"
    r"(?: (?:Files|Data|Settings|Menu)(?: \(x86\))?(?=\\))?){1,12}",
    re.IGNORECASE,
)
_UNIX_PATH = re.compile(
    r"(?<![\w.:/\\-])/(?:bin|boot|dev|etc|home|lib|lib64|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|Library|Users"
    r"|Applications)(?:/[\w.@+~-]{1,80}){1,10}"
)
_REGISTRY_KEY = re.compile(
    r"\b(?:HKEY_(?:LOCAL_MACHINE|CURRENT_USER|CLASSES_ROOT|USERS|CURRENT_CONFIG)|HK(?:LM|CU|CR|U)):?(?:\\(?:"
    r"Windows (?:NT|Defender|Script Host|Search)|Terminal Server(?: Client)?|Internet (?:Explorer|Settings)"
    r"|Image File Execution Options|Session Manager|(?:User )?Shell Folders|Active Setup|Installed Components"
    r"|Real-Time Protection|Command Processor|Control Panel|Event Log|[\w.{}()$%-]{1,80})){1,12}",
    re.IGNORECASE,
)
WINDOWS_API = re.compile(
    r"\b(?:(?:Nt|Zw)(?:Create|Open|Map|Unmap|Write|Read|Alloc|Free|Query|Set|Get|Queue|Resume|Suspend|Terminate|Delay"
    r"|Protect|Load)[A-Z]\w{2,40}|(?:Rtl|Ldr)[A-Z]\w{4,40}|Virtual(?:Alloc|Protect|Free|Query)(?:Ex)?(?:Numa)?"
    r"|CreateRemoteThread(?:Ex)?|CreateToolhelp32Snapshot|CreateProcess(?:AsUser|WithToken|WithLogon)?[AW]?|CreateMutex[AW]?"
    r"|CreateService[AW]?|OpenProcess(?:Token)?|(?:Write|Read)ProcessMemory|(?:Set|Get|Suspend|Resume|Open|Create)Thread"
    r"(?:Context)?|QueueUserAPC|Process32(?:First|Next)W?|Module32(?:First|Next)W?|SetWindowsHookEx[AW]?|Get(?:Async)?KeyState"
    r"|GetForegroundWindow|GetWindowText[AW]?|BitBlt|LoadLibrary(?:Ex)?[AW]?|GetProcAddress|GetModuleHandle[AW]?"
    r"|IsDebuggerPresent|CheckRemoteDebuggerPresent|OutputDebugString[AW]?|Reg(?:Open|Create|Set|Query|Delete|Enum)(?:Key|Value)"
    r"(?:Ex)?[AW]?|Crypt(?:Encrypt|Decrypt|ProtectData|UnprotectData|AcquireContext|GenKey|StringToBinary)[AW]?"
    r"|(?:Internet|Http|WinHttp)(?:Open|Connect|Send|Read|Query)[A-Z]?\w{0,30}|URLDownloadToFile[AW]?|ShellExecute(?:Ex)?[AW]?"
    r"|WinExec|MiniDumpWriteDump|AdjustTokenPrivileges|ImpersonateLoggedOnUser|DuplicateTokenEx|LogonUser[AW]?"
    r"|GetTickCount(?:64)?|GetComputerName(?:Ex)?[AW]?|GetUserName(?:Ex)?[AW]?|GetAdaptersInfo|NetUserEnum|NetShareEnum"
    r"|EnumProcesses|AmsiScanBuffer|EtwEventWrite|SetFileAttributes[AW]?|DeviceIoControl|ExitWindowsEx)\b"
)
CLOUD_API = re.compile(
    r"\b(?:iam|sts|s3|ec2|lambda|ssm|kms|rds|ecs|eks|ecr|ses|sns|sqs|cloudtrail|guardduty|secretsmanager|organizations"
    r"|cloudformation|dynamodb|logs|config|route53|bedrock|glue):[A-Z][A-Za-z0-9]{3,60}\b"
    r"|\b(?:ConsoleLogin|GetCallerIdentity|GetSessionToken|GetFederationToken|AssumeRole(?:WithSAML|WithWebIdentity)?"
    r"|(?:Create|Delete|Update|List)(?:AccessKeys?|LoginProfile|User|Role|PolicyVersion|Trail|FlowLogs|Detector|KeyPair"
    r"|SecurityGroup|Secret|Buckets|Users|Roles|Snapshot|Function20150331)|(?:Attach|Put|Detach)(?:User|Role|Group)Policy"
    r"|(?:Stop|Start)Logging|Put(?:BucketPolicy|BucketAcl|EventSelectors|BucketLifecycle)|GetSecretValue|GetPasswordData"
    r"|GetParameters?|RunInstances|StartInstances|StopInstances|TerminateInstances|SendCommand|StartSession|InvokeModel"
    r"|AuthorizeSecurityGroupIngress|ModifySnapshotAttribute|ModifyImageAttribute|DeactivateMFADevice|UpdateAssumeRolePolicy"
    r"|UpdateFunctionCode(?:20150331v2)?|DescribeInstances|ImportKeyPair|GetSendQuota|AddUserToGroup|PasswordRecoveryRequested"
    r"|SendSSHPublicKey|DisableKey|ScheduleKeyDeletion|LeaveOrganization|GetAccountAuthorizationDetails)\b"
)
_QUOTED_COMMAND = re.compile("[`\"'\u201c\u2018]([^`\"'\u201c\u201d\u2018\u2019\n]{6,200})[`\"'\u201d\u2019]")
_COMMAND_START = re.compile(
    r"(?<![\w./%-])(?:[\w:\\%]{0,60}\\)?(?:"
    r"cmd(?:\.exe)?\s+/[ckCK]|(?:powershell|pwsh)(?:\.exe)?\s+-\w+|net1?(?:\.exe)?\s+(?:user|group|localgroup|view|use"
    r"|accounts|share|session|time)\b|(?:schtasks|bitsadmin|bcdedit|taskkill|nltest|whoami|ipconfig|tasklist|cmdkey|ping|icacls"
    r"|regsvr32|msiexec)(?:\.exe)?\s+[/-]\w+|reg(?:\.exe)?\s+(?:add|delete|query|save|export|import)\b"
    r"|wmic(?:\.exe)?\s+\S+|vssadmin(?:\.exe)?\s+(?:delete|list|create|resize)\b|wbadmin(?:\.exe)?\s+delete"
    r"|wevtutil(?:\.exe)?\s+(?:cl|clear-log|sl|qe|epl)\b|certutil(?:\.exe)?\s+[-/]\w+|rundll32(?:\.exe)?\s+\S+,"
    r"|netsh(?:\.exe)?\s+(?:advfirewall|firewall|interface|wlan|int|trace)\b|sc(?:\.exe)?\s+(?:create|config|stop|delete"
    r"|start|query|sdset)\b|attrib(?:\.exe)?\s+[+-]\w|mshta(?:\.exe)?\s+\S+[:.]|[cw]script(?:\.exe)?\s+\S+\.\w{2,3}"
    r"|procdump(?:64)?(?:\.exe)?\s+-\w+|dsquery\s+\*?\w*|adfind(?:\.exe)?\s+-\w+|rclone(?:\.exe)?\s+(?:copy|sync|config)\b"
    r"|chmod\s+(?:[+ugoa]+[+=][rwxst]+|\+x|[0-7]{3,4})\b|crontab\s+-\w|iptables\s+-\w|systemctl\s+(?:enable|start|stop"
    r"|disable|daemon-reload)|base64\s+(?:-d|--decode)|chattr\s+[+-]\w|useradd\s+\S|usermod\s+-\w|ssh-keygen\s+-\w"
    r"|insmod\s+\S|nohup\s+\S|kubectl\s+(?:exec|get|create|apply|run|auth|cp|delete)\b|docker\s+(?:run|exec)\b"
    r"|(?:curl|wget)\s+-\w+|nc\s+-\w+|tar\s+-?[cx]\w*f|aws\s+[a-z0-9]+\s+[a-z]+-[a-z-]+)"
)
_ARGUMENT = re.compile(r"\"[^\"]{0,80}\"|\S{1,200}")
_PROSE = re.compile(
    r"(?:an?|and|or|the|to|in|on|at|of|by|for|from|with|via|as|is|are|was|were|be|been|that|this|which|its?|then|than|when"
    r"|where|while|before|after|into|also|used|using|uses|commands?|options?|parameter|process|file|but|if|not|will|can"
    r"|may|has|have|had|through)[,.;:]?",
    re.IGNORECASE,
)


def observables(sentences: Sequence[str]) -> Observables:
    """Pick out what a log would show, in order of appearance, at most 20 of a kind; parts of URLs are not paths."""
    texts = [_URL.sub(" URL ", _CITATION.sub("", sentence[:_LONGEST_SENTENCE])) for sentence in sentences]
    return Observables(
        processes=_distinct(name for text in texts for name in _processes(text)),
        commands=_distinct(command for text in texts for command in _commands(text)),
        paths=_distinct(path for text in texts for path in _paths(text)),
        registry_keys=_distinct(_trimmed(key) for text in texts for key in _REGISTRY_KEY.findall(text)),
        api_calls=_distinct(call for text in texts for call in _calls(text)),
    )


def _processes(text: str) -> Iterator[str]:
    found = [(match.start(), match.group()) for match in _PROCESS.finditer(text)]
    found += [(match.start(), f"{match.group()}.exe") for match in _BARE_PROCESS.finditer(text)]
    return (name.lower() for _, name in sorted(found))


def _paths(text: str) -> Iterator[str]:
    found = [
        (match.start(), match.group()) for pattern in (_WINDOWS_PATH, _UNIX_PATH) for match in pattern.finditer(text)
    ]
    return (_trimmed(path) for _, path in sorted(found))


def _calls(text: str) -> Iterator[str]:
    found = {(match.start(), match.group()) for pattern in (WINDOWS_API, CLOUD_API) for match in pattern.finditer(text)}
    return (call for _, call in sorted(found))


def _commands(text: str) -> Iterator[str]:
    quoted = {match.start(1): match.group(1).strip() for match in _QUOTED_COMMAND.finditer(text)}
    for match in _COMMAND_START.finditer(text):
        in_quotes = quoted.get(match.start())
        command = in_quotes or match.group() + _arguments(text[match.end() :])
        yield _trimmed(command[:_LONGEST_COMMAND])


def _arguments(rest: str) -> str:
    """Take words as long as they look like arguments: prose ends a command line."""
    if not rest or rest[0] in ".,;)":
        return ""
    head = rest[:_LONGEST_COMMAND]
    taken: list[str] = []
    after_flag = True
    for word in _ARGUMENT.findall(head)[:_MOST_ARGUMENTS]:
        if _PROSE.fullmatch(word) or not (after_flag or _looks_like_argument(word)):
            break
        taken.append(word)
        if word[-1] in ".,;)" and not word.endswith(".."):
            break
        after_flag = word[0] in "/-" and not any(sign in word for sign in ":=")
    glue = "" if rest[0] not in " \t\n" else " "
    return glue + " ".join(taken) if taken else ""


def _looks_like_argument(word: str) -> bool:
    return word[0] in '/-+%$&|>"{@' or any(sign in word for sign in "\\/=:%&|>_*") or word.isupper()


def _trimmed(value: str) -> str:
    trimmed = value.rstrip(".,;:`'\u201c\u201d\u2018\u2019|& \\")
    for opening, closing in ("()", "[]", "{}", "<>"):
        if trimmed.count(closing) > trimmed.count(opening):
            trimmed = trimmed.rstrip(f"{closing}.,; ")
    return trimmed.rstrip('"') if trimmed.count('"') % 2 else trimmed


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for value in values:
        if value:
            seen.setdefault(value.lower(), value)
        if len(seen) == _MOST_VALUES:
            break
    return tuple(seen.values())
