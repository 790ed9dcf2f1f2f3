"""What a component says of itself, read from its source text without importing it.

Importing a component imports torch, which takes seconds; lists and completion have no such time.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from rnnlab.plugins.discovery import FILLED, Component
from rnnlab.plugins.verdicts import known

_MOST_REEXPORTS = 4


@dataclass(frozen=True)
class Outline:
    """A class as its source describes it; empty where the source cannot be found.

    Args:
        summary: The first line of its docstring.
        arguments: What a config can set, each with the values it names if it names any.
    """

    summary: str = ""
    arguments: dict[str, list[str]] = field(default_factory=dict)


def outline(component: Component) -> Outline:
    """Return what a component's source says, without importing it.

    Of a plugin's that was imported before, what that told is the truth: a class may inherit its
    constructor, or be made while its module is imported.
    """
    verdict = None if component.own else known(component)
    if verdict is not None and not verdict.reason:
        return Outline(verdict.summary, verdict.arguments)
    module, _, name = component.target.partition(":")
    found = _class(module, name, _MOST_REEXPORTS)
    if found is None:
        return Outline()
    summary = (ast.get_docstring(found) or "").partition("\n")[0]
    arguments = {
        argument.arg: _values(argument.annotation)
        for argument in _arguments(found)
        if argument.arg not in ("self", *FILLED.get(component.group, ()))
    }
    return Outline(summary, arguments)


def _class(module: str, name: str, hops: int) -> ast.ClassDef | None:
    path = _source(module)
    if path is None or hops == 0:
        return None
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            return statement
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    origin = _origin(module, path, statement)
                    return _class(origin, alias.name, hops - 1)
    return None


def _origin(module: str, path: Path, statement: ast.ImportFrom) -> str:
    """Return the absolute name of the module that an import names."""
    if not statement.level:
        return statement.module or ""
    parts = module.split(".")
    upwards = statement.level - (path.name == "__init__.py")
    base = parts[: len(parts) - upwards]
    return ".".join([*base, *([statement.module] if statement.module else [])])


def _source(module: str) -> Path | None:
    """Return a module's file. Asking importlib for a submodule would import its parents."""
    first, *rest = module.split(".")
    try:
        spec = find_spec(first)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest and spec.origin is not None:
        return Path(spec.origin)
    for folder in spec.submodule_search_locations or ():
        stem = Path(folder, *rest)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return path
    return None


def _arguments(found: ast.ClassDef) -> list[ast.arg]:
    for statement in found.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return [*statement.args.args, *statement.args.kwonlyargs]
    return []


def _values(annotation: ast.expr | None) -> list[str]:
    """Return the values that an annotation names: those of a ``Literal``, or true and false."""
    if annotation is None:
        return []
    for part in ast.walk(annotation):
        if isinstance(part, ast.Subscript) and ast.unparse(part.value).endswith("Literal"):
            items = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
            return [str(item.value) for item in items if isinstance(item, ast.Constant)]
    return ["true", "false"] if ast.unparse(annotation) == "bool" else []
