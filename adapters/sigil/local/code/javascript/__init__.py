"""What JavaScript and TypeScript code does, read from its syntax tree."""

from adapters.sigil.local.code.javascript.analysis import javascript_facts, javascript_program

__all__ = ["javascript_facts", "javascript_program"]
