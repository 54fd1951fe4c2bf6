"""What a program calls by itself that loads the package: frameworks, notebooks, workers and builders of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.python.values import Function, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.sigil.local.code.python.machine import Machine

_BASE = "<framework>"
_METHODS = {
    "AppConfig": frozenset({"ready"}),
    "AirflowPlugin": frozenset({"on_load"}),
    "BasePlugin": frozenset({"on_startup", "on_config", "on_pre_build", "on_files"}),
    "ApplicationPlugin": frozenset({"activate"}),
    "ExtensionApp": frozenset({"initialize", "initialize_settings", "initialize_handlers"}),
    "Bootstep": frozenset({"__init__", "start"}),
    "StartStopStep": frozenset({"__init__", "start"}),
    "ConsumerStep": frozenset({"__init__", "start"}),
    "CoreExtension": frozenset({"__init__", "activate"}),
    "UserPlugin": frozenset({"activate"}),
}
"""By the class of the framework that a class is made of: the methods that it calls at its start."""
_FUNCTIONS = frozenset(
    {"load_ipython_extension", "load_jupyter_server_extension", "_load_jupyter_server_extension", "includeme"}
)
_BY_ANY_NAME = {"setup": b"(app", "init_app": b"app", "__init__": b"get_response", "register": b"(linter"}
"""Functions that extensions have for the application that takes them up, and what their parameters say of it."""
_MODULE_LEVEL = frozenset({"setup", "register"})
_SIGNALS = (
    "worker_init", "worker_ready", "worker_process_init", "worker_before_create_process", "celeryd_init",
    "celeryd_after_setup", "beat_init", "beat_embedded_init", "import_modules", "setup_logging",
)  # fmt: skip
SIGNALS = frozenset(
    f"celery.signals.{signal}.{way}" for signal in _SIGNALS for way in ("connect", "connect()", "connect_via()")
)
"""What is given a function that a worker calls when it starts."""


def taken_up(machine: Machine, owner: int, parents: Iterable[Value]) -> None:
    """Mark the methods of a class that the framework calls whose class it is made of."""
    inherited = machine.attributes.get((owner, _BASE))
    bases = [parent.member for parent in parents if parent.member in _METHODS]
    if not bases and inherited is None:
        return
    base = bases[0] if bases else inherited.name if inherited is not None else ""
    machine.attributes[owner, _BASE] = Value(name=base)
    for name in _METHODS[base]:
        value = machine.attributes.get((owner, name))
        if value is not None and value.function is not None:
            value.function.by_host = True


def runs_by_itself(machine: Machine, function: Function) -> bool:
    """Whether the program that loads the package calls a function of it at its start."""
    name = function.node.child_by_field_name("name")
    called = machine.code(name) if name is not None else ""
    if function.by_host or called in _BY_ANY_NAME:
        return function.by_host or _given_application(machine, function, called)
    return function.scope.parent is None and (called in _FUNCTIONS or called.startswith("pytest_"))


def _given_application(machine: Machine, function: Function, called: str) -> bool:
    parameters = function.node.child_by_field_name("parameters")
    text = machine.code(parameters).encode() if parameters is not None else b""
    return _BY_ANY_NAME[called] in text and (called not in _MODULE_LEVEL or function.scope.parent is None)
