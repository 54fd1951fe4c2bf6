"""Signatures over the bytes of files."""

from __future__ import annotations

import pytest

from adapters.sigil.local.material import PackageFile
from adapters.sigil.local.signatures import signature_hits

_OBFUSCATED = (
    "function _0x1a2b(){const _0x3c4d=['aa','bb'];return _0x3c4d;}(function(_0x4e5f,_0x6a7b){const _0xabcd=_0x4e5f();"
    "while(!![]){try{const _0xef01=-parseInt(_0x8c9d(0x1))/0x1;if(_0xef01===_0x6a7b)break;"
    "else _0xabcd['push'](_0xabcd['shift']());}catch(_0x1234){_0xabcd['push'](_0xabcd['shift']());}}}(_0x1a2b,0x1));"
)
_MATCHING = {
    "javascript_string_array": ("a.js", _OBFUSCATED),
    "javascript_escaped_array": ("a.js", r'var a=["\x61\x62\x63","\x64\x65","\x66\x67"];'),
    "javascript_six_characters": ("a.js", "(![]+[])" + "[+!+[]]" * 30),
    "invisible_text": ("a.js", "const hidden = `" + "".join(chr(0xE0100 + each) for each in range(40)) + "`"),
    "python_packer": ("a.py", "_ = lambda x: __import__('zlib').decompress(__import__('base64').b64decode(x[::-1]))"),
    "python_armoured": ("a.py", "__pyarmor__(__name__, __file__, b'x')"),
    "encoded_executable": ("a.py", 'program = "TVqQAAMAAAAEAAAA"'),
    "miner": ("a.sh", "run -o stratum+tcp://pool.example.invalid:3333"),
    "wallet_address_pattern": ("a.js", "const wallet = /^0x[a-fA-F0-9]{40}$/"),
    "chat_token_pattern": ("a.py", r"find(r'[\w-]{24}\.[\w-]{6}\.[\w-]{27}', text)"),
    "mixed_directions": ("a.js", "if (level != 'user\u202e \u2066// only admins\u2069 \u2066') {"),
    "code_far_right": ("a.js", "module.exports = {};" + " " * 200 + "require('child_process').exec('id')"),
}
_HARMLESS = {
    "minified code": ("a.min.js", "!function(e,t){var n=e.r;for(;;){n.push(t.shift());if(n)break}}(this,[1,2]);" * 50),
    "a table on the right": ("a.js", "const wide = 1;" + " " * 200 + "// explained here"),
    "flags of countries": (
        "a.js",
        "const flags = ['🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f', '👩‍👩‍👧']",
    ),
    "a picture": ("a.js", 'const logo = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"'),
    "prose": ("a.md", _OBFUSCATED),
}


@pytest.mark.parametrize("signature", _MATCHING)
def test_finds_shape(signature: str) -> None:
    """Each shape is found, at its line and with its text."""
    path, text = _MATCHING[signature]

    hits = signature_hits([PackageFile(path, f"\n\n{text}\n".encode())])[path]

    assert [(hit.signature, hit.line) for hit in hits] == [(signature, 3)]
    assert 0 < len(hits[0].snippet) <= 500


@pytest.mark.parametrize("case", _HARMLESS)
def test_leaves_look_alikes_alone(case: str) -> None:
    """What only looks similar matches nothing."""
    path, text = _HARMLESS[case]

    assert signature_hits([PackageFile(path, text.encode())]) == {}
