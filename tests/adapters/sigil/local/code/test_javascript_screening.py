"""Words of JavaScript files tell where they may do something, and not where they are only named."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.javascript.screening import places


@pytest.mark.parametrize(
    "code",
    [
        "eval(code)",
        "const run = eval;",
        "(arguments,eval)(code)",
        "arguments\neval(code)",
        "arguments|eval(code)",
        "Function(code)()",
        "new Function('a', code)",
        "globalThis['Function'](code)()",
        "Reflect.get(globalThis, 'Function')",
        "const names = ['eval', 'Function']",
        "[].filter.constructor(code)()",
        "const F = (() => {}).constructor;",
        "this.constructor.constructor(code)()",
        "const text = '\\x63\\x75\\x72\\x6c'",
        "const text = atob(given)",
        "typeof WebAssembly.instantiate(bytes)",
        "new WebAssembly.Instance(module)",
        "const target = 'node_modules/express/index.js'",
        "const target = home + '/.claude.json'",
    ],
)
def test_power_tells(code: str) -> None:
    """What runs code, by whatever name, decodes, or leads to others' files."""
    assert places(code.encode())


@pytest.mark.parametrize(
    "code",
    [
        "const strictBind = ['eval', 'arguments']",
        "const words = 'arguments eval'",
        "kinds[kinds.Function = 16] = 'Function';",
        "const same = this.constructor;",
        "const same = node.prototype.constructor;",
        "const table = /[\\x00-\\x1f\\x80\\x9f]/",
        "const known = typeof atob == 'function'",
        "const known = typeof WebAssembly != 'object'",
        'const f = __commonJS({ "node_modules/fast-glob/out/index.js"(exports) {} })',
    ],
)
def test_naming_does_not(code: str) -> None:
    """Lists of reserved words, kinds of things, questions whether something is there, keys of a bundle's table."""
    assert not places(code.encode())
