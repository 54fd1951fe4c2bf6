"""From a file's bytes to its facts: look, parse, evaluate until nothing new comes."""

from __future__ import annotations

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.code.javascript import (  # noqa: F401 - most of them register what they handle
    assignments,
    calls,
    code_effects,
    credential_effects,
    decoding_effects,
    expressions,
    file_effects,
    mail_effects,
    name_effects,
    network_effects,
    screening,
    statements,
    system_effects,
    walk_effects,
)
from adapters.sigil.local.code.javascript.modules import Modules
from adapters.sigil.local.code.javascript.state import Exhausted, State, evaluate
from adapters.sigil.local.code.javascript.tree import Node, parse
from adapters.sigil.local.code.joined import Joined
from adapters.sigil.local.code.telling_places import hands_out_runner

BYTE_LIMIT = 12_000_000
_PASSES = 4
_TYPES_ONLY = (".d.ts", ".d.mts", ".d.cts")


def javascript_facts(path: str, data: bytes) -> CodeFacts:
    """Read what a JavaScript or TypeScript file does, without running it.

    `parsed` is False for what is no code, and for a file of which a bound on work left a part unread: over 12 MB, or
    more than 800,000 evaluations of nodes. Facts found until then are told.
    """
    if path.endswith(_TYPES_ONLY) or not data:
        return CodeFacts()
    named, strings = screening.imports(data), screening.strings(data)
    if len(data) > BYTE_LIMIT:
        return CodeFacts(imports=named, strings=strings, parsed=False)
    places = screening.places(data)
    if not places:
        return CodeFacts(imports=named, strings=strings)
    root, is_code = parse(path, data)
    if root is None:
        return CodeFacts(imports=named, strings=strings, parsed=False)
    state = State(data, places)
    complete = _evaluate(state, [root]) and is_code and not state.ledger.full
    state.release()
    return CodeFacts(
        facts=state.ledger.facts(),
        flows=state.ledger.flows(),
        imports=tuple(sorted({*named, *state.imports})),
        strings=tuple(dict.fromkeys((*strings, *state.strings))),
        hands_out=hands_out_runner(data),
        parsed=complete,
    )


def javascript_program(joined: Joined) -> CodeFacts:
    """Read what JavaScript and TypeScript files of a package do together; `parsed` is False where a part is unread."""
    state = State(joined.data, screening.places(joined.data), joined.largest)
    state.modules = Modules(joined, state.root)
    read = [parse(part.path, joined.data, part) for part in joined.parts]
    complete = _evaluate(state, [root for root, _ in read if root is not None]) and not state.ledger.full
    state.release()
    return CodeFacts(facts=state.ledger.facts(), flows=state.ledger.flows(), parsed=complete)


def _evaluate(state: State, roots: list[Node]) -> bool:
    """Evaluate the files' code again until nothing new is learnt; False where the bound on work stopped it."""
    for root in roots:
        _enter(state, root)
        statements.declare_functions(state, root)
    code = [statement for root in roots for statement in root.named]
    state.stale.update(range(len(code)))
    try:
        for _ in range(_PASSES):
            if not state.stale:
                break
            _evaluate_stale(state, code)
    except (Exhausted, RecursionError):
        return False
    return True


def _enter(state: State, node: Node) -> None:
    """Take the names of the module that a node is part of for those that are known."""
    if state.modules is not None:
        module = state.modules.at(node)
        state.scope, state.this = module.scope, module.this


def _evaluate_stale(state: State, code: list[Node]) -> None:
    for number, statement in enumerate(code):
        if state.begin(number):
            _enter(state, statement)
            evaluate(state, statement)
    position = 0
    while position < len(state.queue):  # grows while functions are met within functions
        if state.begin(state.queue[position]):
            statements.run(state, state.queue[position])
        position += 1
