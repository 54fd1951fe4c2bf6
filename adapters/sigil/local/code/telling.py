"""Names, paths, hosts and command lines that tell something about code, whatever language it is written in."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from functools import lru_cache

from adapters.sigil.local.code.telling_commands import (
    Command,
    archived,
    command_kinds,
    package_command,
    reads_clipboard,
    startup_command,
    writes_clipboard,
)

__all__ = [
    "Command",
    "Place",
    "archived",
    "command_kinds",
    "host_of",
    "local_host",
    "package_command",
    "package_path",
    "place",
    "public_address",
    "reads_clipboard",
    "secret_path",
    "secret_variable",
    "startup_command",
    "startup_path",
    "writes_clipboard",
]


class Place(StrEnum):
    """What a host is known for."""

    WEBHOOK = "webhook"  # messages for a chat room, e.g. Discord's and Telegram's
    PASTE = "paste"  # text and files that anybody may leave
    CATCHER = "catcher"  # shows its owner the requests or name lookups that reach it
    TUNNEL = "tunnel"  # leads to somebody's own machine
    METADATA = "metadata"  # a cloud's metadata service
    ADDRESS = "address"  # a bare public IP address
    ONION = "onion"  # a hidden service
    OWN_ADDRESS = "own_address"  # says which public address one has


_WEBHOOKS = re.compile(
    r"(?:discord(?:app)?\.com/api/(?:v\d+/)?webhooks"
    r"|api\.telegram\.org(?:/bot|\b)"
    r"|hooks\.slack\.com/(?:services|workflows|triggers)"
    r"|\.webhook\.office\.com/|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot"
    r"|oapi\.dingtalk\.com/robot|qyapi\.weixin\.qq\.com/cgi-bin/webhook)",
    re.IGNORECASE,
)
_PASTES = re.compile(
    r"(?:^|[/.@])(?:pastebin\.com|paste\.ee|hastebin\.com|rentry\.(?:co|org)|ghostbin\.\w+|controlc\.com|dpaste\.\w+"
    r"|termbin\.com|ix\.io|0x0\.st|transfer\.sh|file\.io|gofile\.io|anonfiles?\.com|bashupload\.com|catbox\.moe"
    r"|store\d*\.gofile\.io|api\.npoint\.io|jsonkeeper\.com|jsonbin\.io|api\.mocki\.io|mocki\.io|temp\.sh"
    r"|tmpfiles\.org|paste\.rs|justpaste\.it|textbin\.net|privatebin\.net)(?=[/:?#]|$)",
    re.IGNORECASE,
)
_CATCHERS = re.compile(
    r"(?:^|[/.@])(?:oast\.(?:pro|live|site|online|fun|me)|interact\.sh|interactsh\.com|burpcollaborator\.net"
    r"|oastify\.com|dnslog\.(?:cn|store|\w+)|ceye\.io|requestbin\.(?:com|net|io|me)|requestcatcher\.com"
    r"|webhook\.site|pipedream\.net|m\.pipedream\.net|hookbin\.com|beeceptor\.com|requestrepo\.com|canarytokens\.com"
    r"|postb\.in|ptsv\d?\.com|webhook\.cool|typedwebhook\.tools|svix\.com|bxss\.in|xss\.ht|eyes\.sh|hooks\.zapier\.com"
    r"|smee\.io|tunnelcatch\.\w+|dnsbin\.\w+|request\.bin|rbnd\.gl0\.eu|callback\.red|exfil\.\w+)(?=[/:?#]|$)",
    re.IGNORECASE,
)
_TUNNELS = re.compile(
    r"(?:^|[/.@])(?:ngrok(?:-free)?\.(?:io|app|dev)|trycloudflare\.com|serveo\.net|loca\.lt|localtunnel\.me"
    r"|localhost\.run|lhr\.life|pagekite\.me|portmap\.(?:io|host)|playit\.gg|bore\.(?:pub|digital)|telebit\.io"
    r"|duckdns\.org|no-ip\.(?:com|org|biz)|ddns\.net|hopto\.org|zapto\.org|sytes\.net)(?=[/:?#]|$)",
    re.IGNORECASE,
)
_METADATA = re.compile(
    r"(?:169\.254\.169\.254|169\.254\.170\.2|100\.100\.100\.200|fd00:ec2::254|metadata\.google\.internal"
    r"|metadata\.azure\.(?:com|internal))",
    re.IGNORECASE,
)
_OWN_ADDRESS = re.compile(
    r"(?:^|[/.@])(?:ipinfo\.io|api(?:64|6)?\.ipify\.org|ifconfig\.(?:me|co|io)|icanhazip\.com|ip-api\.com|ipapi\.co"
    r"|checkip\.amazonaws\.com|wtfismyip\.com|ident\.me|myexternalip\.com|ip\.sb|geolocation-db\.com)(?=[/:?#]|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:^|//|@)((?:\d{1,3}\.){3}\d{1,3})(?=[:/?#]|$)")
_RESOLVERS = frozenset(map(ipaddress.IPv4Address, ("1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9")))
_DOCUMENTED = tuple(map(ipaddress.IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
_ONION = re.compile(r"[a-z2-7]{16,56}\.onion(?=[:/?#]|$)", re.IGNORECASE)
_PLACES = (
    (Place.METADATA, _METADATA),
    (Place.WEBHOOK, _WEBHOOKS),
    (Place.CATCHER, _CATCHERS),
    (Place.PASTE, _PASTES),
    (Place.TUNNEL, _TUNNELS),
    (Place.OWN_ADDRESS, _OWN_ADDRESS),
    (Place.ONION, _ONION),
)


@lru_cache(maxsize=4096)
def place(host: str) -> Place | None:
    """Say what a host or URL is known for; None for one of which nothing is known."""
    for kind, pattern in _PLACES:
        if pattern.search(host):
            return kind
    found = _ADDRESS.search(host)
    return Place.ADDRESS if found and public_address(found[1]) else None


def public_address(address: str) -> bool:
    """Whether this is a dotted IPv4 address that leads out of the own machine and network."""
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        return False
    if parsed in _RESOLVERS or parsed.is_multicast:
        return False
    return parsed.is_global or any(parsed in network for network in _DOCUMENTED)


_URL_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)
_LOCAL_HOST = re.compile(
    r"^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|[\w-]+\.(?:local|localhost))$", re.IGNORECASE
)


def host_of(url: str) -> str:
    """Find the host of an absolute URL, in lower case; empty for other text."""
    found = _URL_HOST.match(url.strip())
    return found[1].lower() if found else ""


def local_host(host: str) -> bool:
    """Whether a host is the own machine."""
    return bool(_LOCAL_HOST.match(host))


_SECRET_WORDS = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|PRIVATEKEY|MNEMONIC|AUTHTOKEN)(?:_|$|\d)"
    r"|(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|SIGNING|DEPLOY|SSH|ACCOUNT|AUTH)_?KEY(?:_|$)|_AUTHTOKEN$|_AUTH$|_PAT$|^PGPASS"
    r"|^AWS_(?:ACCESS|SECRET|SESSION)|^DATABASE_URL$|^(?:MONGO|MONGODB|REDIS|POSTGRES|MYSQL)\w*_(?:URL|URI)$|SEED_?PHRASE"
    r"|_DSN$|^NETRC$|CONNECTION_STRING$",
    re.IGNORECASE,
)


def secret_variable(name: str) -> bool:
    """Whether an environment variable of this name holds a secret as a rule: tokens, keys, passwords."""
    return bool(_SECRET_WORDS.search(re.sub(r"[-.]", "_", name)))


_SECRET_PATHS = re.compile(
    r"(?:^|[\\/~])\.(?:npmrc|pypirc|netrc|git-credentials|pgpass|my\.cnf|boto|s3cfg|dockercfg|vault-token|yarnrc\.yml)\b"
    r"|(?:^|[\\/~])\.env(?:\.(?:local|production|development))?$"
    r"|\.ssh(?:[\\/]|$)|\bid_(?:rsa|dsa|ecdsa|ed25519)\b(?!\.pub)"
    r"|\.aws(?:[\\/]|$)|\.azure(?:[\\/]|$)|\.gnupg(?:[\\/]|$)|\.kube(?:[\\/]|$)|\.docker[\\/]config\.json"
    r"|gcloud[\\/](?:application_default_credentials|credentials|access_tokens)|\.config[\\/](?:gcloud|gh|hub)(?:[\\/]|$)"
    r"|\.(?:bash|zsh|sh|psql|mysql|node_repl|python)_history\b"
    r"|/etc/(?:shadow|passwd|master\.passwd|sudoers)\b|/proc/(?:self|\d+|\{[^{}/]*\}|…)/(?:environ|mem\b)|/var/run/secrets/"
    r"|\.cargo[\\/]credentials|\.gem[\\/]credentials|\.composer[\\/]auth\.json|\.terraform\.d[\\/]credentials"
    r"|\.tfstate(?:\.backup)?$|\.kdbx$|(?:^|[\\/])(?:filezilla|\.purple|WinSCP)(?:[\\/]|$)|\.claude\.json$|\.claude[\\/]\.credentials|\.gemini[\\/]oauth",
    re.IGNORECASE,
)
_BROWSER_PATHS = re.compile(
    r"(?:Google[\\/]+Chrome|Chromium|BraveSoftware|Brave-Browser|Microsoft[\\/]+Edge|Opera (?:Stable|GX)|Vivaldi"
    r"|Yandex(?:Browser)?)[\\/]+.*(?:User Data|Default|Profile|Local State|Cookies|Login)"
    r"|\bUser Data[\\/]+(?:Default|Local State|Profile)"
    r"|(?:^|[\\/])(?:Login Data(?: For Account)?|Web Data|Local State|Network[\\/]+Cookies)$"
    r"|\b(?:logins\.json|key[34]\.db|cookies\.sqlite|signons\.sqlite)\b"
    r"|Mozilla[\\/]+Firefox[\\/]+Profiles|\.mozilla[\\/]firefox"
    r"|Google/Chrome$|google-chrome(?:[\\/]|$)|AppData[\\/]+(?:Local|Roaming).*[\\/]User Data"
    r"|Local Extension Settings|(?:leveldb|Local Storage)[\\/]*$",
    re.IGNORECASE,
)
_WALLET_PATHS = re.compile(
    r"(?:^|[\\/])(?:Exodus|atomic|Electrum(?:-LTC)?|Ethereum|Coinomi|Guarda|Jaxx|Armory|Bytecoin|Zcash|MultiBit"
    r"|Ledger Live|Wasabi ?Wallet|Daedalus[ \w]*|\.?(?:electrum|exodus|bitcoin|litecoin|dogecoin|monero|solana))"
    r"[\\/]+\S*(?:wallet|keystore|leveldb|id\.json|\.dat|Local Storage|exodus)"
    r"|(?:^|[\\/])wallet\.dat$|\bexodus\.wallet\b|\.config[\\/]solana[\\/]id\.json|\bkeystore[\\/]UTC--"
    r"|passphrase\.json$"
    r"|\b(?:nkbihfbeogaeaoehlefnkodbefgpgknn|bfnaelmomeimhlpmgjnjophhpkkoljpa|fhbohimaelbohpjbbldcngcnapndodjp"
    r"|hnfanknocfeofbddgcijnmhnfnkdnaad|ibnejdfjmmkpcnlpebklmnkoeoihofec|ejbalbakoplchlghecdalmeeeajnimhm)\b",
    re.IGNORECASE,
)
_KEYCHAIN_PATHS = re.compile(
    r"Library[\\/]Keychains|login\.keychain|\.local[\\/]share[\\/]keyrings|kwalletd|Microsoft[\\/]+(?:Credentials|Vault|Protect)\b"
    r"|(?:discord(?:canary|ptb)?|Telegram Desktop|Slack|Signal)[\\/]+"
    r"(?:Local Storage|tdata|Cookies|leveldb|sql)|1Password|Bitwarden[\\/]",
    re.IGNORECASE,
)
_SECRET_KINDS = (_SECRET_PATHS, _BROWSER_PATHS, _WALLET_PATHS, _KEYCHAIN_PATHS)


def secret_path(path: str) -> bool:
    """Whether secrets lie at a path: credentials, keys, shell histories, browsers' profiles, wallets, keychains."""
    return any(pattern.search(path) for pattern in _SECRET_KINDS)


_STARTUP = re.compile(
    r"/etc/(?:cron|rc\.local|init\.d|profile(?:\.d)?|systemd/system|ld\.so\.preload|xdg/autostart|anacrontab)|/var/spool/cron"
    r"|\.config[\\/](?:autostart|systemd[\\/]user)|\.local[\\/]share[\\/]systemd|Library[\\/]Launch(?:Agents|Daemons)"
    r"|(?:^|[\\/~])\.(?:bashrc|bash_profile|bash_login|profile|zshrc|zprofile|zshenv|xprofile|xinitrc)\b"
    r"|Programs[\\/]+Startup|(?:^|[\\/])Startup[\\/]+[^\\/]+\.(?:bat|cmd|vbs|js|lnk|exe|ps1)"
    r"|CurrentVersion[\\/]+Run(?:Once)?\b|(?:site|dist)-packages[\\/].*\.pth$|\b(?:site|user)customize\.py$"
    r"|\.ssh[\\/]authorized_keys|\.git[\\/]hooks[\\/]|(?:^|[\\/])\.vscode[\\/](?:tasks|settings)\.json$"
    r"|(?:^|[\\/~])\.(?:claude|codex|gemini|qwen)[\\/](?:settings(?:\.local)?\.json|config\.toml|hooks[\\/])|(?:^|[\\/])\.mcp\.json$"
    r"|(?:^|[\\/~])\.(?:cursor|vscode|windsurf|codeium[\\/]windsurf|kiro[\\/]settings|continue)[\\/](?:mcp|mcp_config|hooks|launch)\.json$"
    r"|claude_desktop_config\.json$|(?:^|[\\/])\.devcontainer[\\/]devcontainer\.json$|/etc/(?:sudoers|hosts|environment|pam\.d)\b|drivers[\\/]+etc[\\/]+hosts"
    r"|\.ipython[\\/]profile_|[\\/]profile_\w+[\\/](?:startup[\\/]|ipython\w*_config)|(?:startup_dir|locate_profile\(\))\}?[\\/]"
    r"|\.jupyter[\\/](?:jupyter\w*_config|custom[\\/])|\.julia[\\/]config[\\/]startup|[\\/]fish[\\/](?:config\.fish|conf\.d)"
    r"|(?:^|[\\/~])\.(?:pythonrc|pdbrc|Rprofile|irbrc|pryrc|gdbinit|lldbinit)\b|\bactivate\.d[\\/]|PowerShell[\\/]\S*profile\.ps1$"
    r"|(?:^|[\\/])(?:\.cursorrules|\.windsurfrules|\.clinerules|CLAUDE\.md|AGENTS\.md|GEMINI\.md|copilot-instructions\.md|\.cursor[\\/]rules[\\/]\S+)$",
    re.IGNORECASE,
)


def startup_path(path: str) -> bool:
    """Whether what lies at a path is run when a machine, a session, a shell or an interpreter starts."""
    return bool(_STARTUP.search(path))


_PACKAGE_FILES = re.compile(
    r"(?:^|[\\/])(?:package\.json|package-lock\.json|setup\.py|pyproject\.toml)$|\.github[\\/]workflows(?:[\\/]|$)"
    r"|~[\\/]\.(?:npmrc|yarnrc(?:\.yml)?|bunfig\.toml)$|(?:^|[\\/])pip[\\/]pip\.(?:conf|ini)$|(?:^|[\\/])\.pip[\\/]pip\.conf$|^/etc/pip\.conf$"
    r"|(?:^|[\\/])node_modules[\\/]\S|(?:site|dist)-packages[\\/]\S",
    re.IGNORECASE,
)


def package_path(path: str) -> bool:
    """Whether a path belongs to a package, its manifest or a repository's workflows."""
    return bool(_PACKAGE_FILES.search(path))
