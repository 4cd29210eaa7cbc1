"""Writes the index of operations, ``session.pyi`` and the job notebook: ``make index``.

Reads the sources with ``ast`` and imports nothing of them, so that an index of a hundred operations
costs nothing to make and a broken module cannot hide the others. ``--check`` compares instead.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = ROOT / "operations"
_MACHINERY = {"base", "index", "_index", "ledger", "progress", "schedule", "work"}
_TYPING_NAMES = {"str", "int", "float", "bool", "dict", "tuple", "list", "None", "Any", "Literal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An ``@operation`` as found in a source file."""

    name: str
    effect: str
    module: str
    function: str
    request: str
    result: str
    summary: str

    @property
    def method(self) -> str:
        """Name of the session's method."""
        return self.name.replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestField:
    """A field of a request class as found in its source."""

    name: str
    annotation: str
    has_default: bool
    is_positional: bool


def declared_operations() -> list[Declared]:
    """Every operation of the package, by name."""
    found = []
    for path in sorted(OPERATIONS.rglob("*.py")):
        if path.parent == OPERATIONS and path.stem in _MACHINERY | {"__init__"}:
            continue
        found += list(_operations_of(path))
    return sorted(found, key=lambda declared: declared.name)


def _operations_of(path: Path) -> Iterator[Declared]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if not (
                isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "operation"
            ):
                continue
            keywords = {k.arg: k.value for k in decorator.keywords}
            request = next(a for a in node.args.args if a.arg == "request").annotation
            yield Declared(
                name=ast.literal_eval(decorator.args[0]),
                effect=ast.literal_eval(keywords["effect"]),
                module=_module_of(path),
                function=node.name,
                request=ast.unparse(request) if request else "",
                result=ast.unparse(node.returns) if node.returns else "",
                summary=(ast.get_docstring(node) or "").split("\n")[0],
            )


def _module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _origin(module: str, name: str) -> tuple[str, ast.ClassDef]:
    """The module that defines class ``name``, starting from one that uses it."""
    path = ROOT.parent.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            return _origin(node.module or "", name)
    raise LookupError(f"{module} does not say where {name} comes from")


def _fields(node: ast.ClassDef) -> list[RequestField]:
    found = []
    for line in node.body:
        if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)):
            continue
        value = line.value
        is_field = isinstance(value, ast.Call) and getattr(value.func, "id", "") == "field"
        keywords = {k.arg for k in value.keywords} if isinstance(value, ast.Call) else set()
        text = ast.unparse(value) if value is not None else ""
        found.append(
            RequestField(
                name=line.target.id,
                annotation=ast.unparse(line.annotation),
                has_default=bool(keywords & {"default", "default_factory"})
                if is_field
                else value is not None,
                is_positional="positional=True" in text,
            )
        )
    return found


def index_text(operations: list[Declared]) -> str:
    """The source of ``operations/_index.py``."""
    lines = [
        '"""Index of operations. Written by `make index`; do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import NamedTuple",
        "",
        "",
        "class Entry(NamedTuple):",
        '    """Where an operation lives, without importing it."""',
        "",
        "    module: str",
        "    function: str",
        "    effect: str",
        "    summary: str",
        "",
        "",
        "OPERATIONS: dict[str, Entry] = {",
    ]
    for o in operations:
        lines += [
            f"    {json.dumps(o.name)}: Entry(",
            f"        {json.dumps(o.module)},",
            f"        {json.dumps(o.function)},",
            f"        {json.dumps(o.effect)},",
            f"        {json.dumps(o.summary)},",
            "    ),",
        ]
    return "\n".join([*lines, "}", ""])


def stub_text(operations: list[Declared]) -> str:
    """The source of ``session.pyi``: what an editor completes."""
    imports: dict[str, set[str]] = {}
    methods: list[str] = []
    for o in operations:
        request_module, request = _origin(o.module, o.request)
        result_module, _ = _origin(o.module, o.result)
        imports.setdefault(request_module, set()).add(o.request)
        imports.setdefault(result_module, set()).add(o.result)
        methods += _methods(o, _fields(request))
    head = (ROOT / "session_head.pyi.txt").read_text(encoding="utf-8")
    listed = [f"from {m} import {', '.join(sorted(names))}" for m, names in sorted(imports.items())]
    return head.replace("# IMPORTS\n", "\n".join(listed) + "\n") + "\n".join(methods) + "\n"


def _methods(o: Declared, fields: list[RequestField]) -> list[str]:
    def arguments(extra: str) -> str:
        listed = ["self"]
        positional = [f for f in fields if f.is_positional]
        listed += [_argument(f) for f in positional]
        listed.append("*")
        listed += [_argument(f) for f in fields if not f.is_positional]
        if extra:
            listed.append(extra)
        if listed[-1] == "*":
            listed.pop()
        return ", ".join(listed)

    result = o.result if o.effect == "read" else f"Run[{o.result}]"
    running = (
        "" if o.effect == "read" else "wait: bool = ..., check: bool = ..., dry_run: bool = ..."
    )
    made = [f"    def {o.method}({arguments(running)}) -> {result}:", f'        """{o.summary}"""']
    if o.effect != "read":
        made += [
            f"    def plan_{o.method}({arguments('')}) -> Plan:",
            f'        """The plan of {o.name}; changes nothing."""',
        ]
    return made


def _argument(f: RequestField) -> str:
    return f"{f.name}: {f.annotation}" + (" = ..." if f.has_default else "")


def main(arguments: list[str]) -> int:
    """Write the generated files, or with ``--check`` say which are stale."""
    checking = "--check" in arguments
    operations = declared_operations()
    files = {
        OPERATIONS / "_index.py": index_text(operations),
        ROOT / "session.pyi": stub_text(operations),
    }
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if checking:
            print(f"stale: {path.relative_to(ROOT.parent)}; run make index")  # noqa: T201
        else:
            path.write_text(files[path], encoding="utf-8")
    status = 1 if checking and stale else 0
    for module in ("clonexs.jobs.notebook", "clonexs.widgets.pages.index"):
        if find_spec(module) is not None:
            status |= int(import_module(module).main(arguments) or 0)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
