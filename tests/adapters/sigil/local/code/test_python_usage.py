"""Words of Python files tell where they are used; what only mentions them is not read any closer."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.python.words import telling_offsets


@pytest.mark.parametrize(
    "code",
    [
        "import requests\nrequests.post(url)",
        "import requests\nrequests \\\n .post(url)",
        "requests . post(url)",
        "requests. post(url)",
        "import requests as r",
        "os . system (line)",
        "answer = popen (line)",
        "return popen (line)",
        "from requests import post",
        "from pip._vendor import requests as r",
        "session = requests",
        "send(requests, url)",
        "clients = [httpx, requests]",
        "clients = {'a': requests}",
        "client = (requests if plain else httpx)",
        "return requests",
        "chosen = given or requests",
        "import_module('requests')",
        "getattr(pickle, name)(data)",
        "from os import system",
        "from os import path, system",
        "from urllib import (parse,\n    request)",
        "from urllib import request",
        "os.environ['NPM_TOKEN']",
        "os.environ.get('APPDATA')",
        "os.environ.get(name)",
        "dict(os.environ)",
        "for name in os.environ:",
        "os.getenv('HOME')",
        "patch.dict(given, os.environ)",
        "sys.modules['os'].system(line)",
        "sys.modules[name]",
        "sys.modules['sub' + 'process']",
        "import builtins\nbuiltins.exec(code)",
        "import builtins\nrun = builtins\nrun.exec(code)",
        "import builtins\nvars(builtins)['exec'](code)",
        "import requests;s=requests\ns.post(url)",
        "0/requests.post(url)",
        "import botocore\nbotocore.vendored.requests.post(url)",
        "~exec(code)",
        "exec(code)",
        "\nexec(code)",
        "fernet.decrypt(data)",
        "socket.socket()",
        "path = home / '.claude' / 'settings.json'",
        "path = '~/.claude.json'",
        "path = '~/.cursor/mcp.json'",
        "run(['crontab', '-'])",
        "run('echo x | crontab -')",
        "key = r'Software\\Microsoft\\Windows\\CurrentVersion\\Run'",
    ],
)
def test_use_tells(code: str) -> None:
    """Calls, names handed on, imports under another name, secrets of the environment."""
    assert telling_offsets(code.encode())


@pytest.mark.parametrize(
    "code",
    [
        "import requests",
        "import os, requests",
        "# handles requests of users",
        "def handle(self, requests=None): pass",
        "def handle(websocket: Any) -> None: pass",
        "self.requests.get(1)",
        "Counts all requests. Key of the table.",
        "Counts all requests. key of the table.",
        "import builtins\ndef f(a: builtins.list) -> None: pass",
        "reads pages by tools (wget etc), or requests of users",
        "an operating system (Linux)",
        "requests.append(1)",
        "except requests.exceptions.Timeout:",
        "# https://docs.python.org/3/library/pickle.html",
        "table = {'requests': 1}",
        "from os import path",
        "from os import path, sep\n",
        "from urllib import parse\n",
        "os.environ.get('DJANGO_SETTINGS_MODULE')",
        "os.environ['COLUMNS']",
        "os.getenv('MY_FLAG', '1')",
        "patch.dict('os.environ', {'A': 'b'})",
        "patch.dict(os.environ, {'A': 'b'})",
        "sys.modules[__name__]",
        "sys.modules['package.part']",
        "def eval(self, node): pass",
        "def decrypt(self, data): pass",
        "see :meth:`~socket.socket.getsockname`",
        "model = 'anthropic.claude-v2'",
        "rows = connection.cursor()",
        "crontab = []",
        "version = policy.CurrentVersion",
    ],
)
def test_mention_does_not(code: str) -> None:
    """Plain imports, comments, members of others, parameters, definitions, harmless variables."""
    assert not telling_offsets((code + "\n").encode())
