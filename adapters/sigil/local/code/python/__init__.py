"""What Python code does: facts read from its syntax tree; none of it runs."""

from adapters.sigil.local.code.python.entry import python_facts, python_program, python_source

__all__ = ["python_facts", "python_program", "python_source"]
