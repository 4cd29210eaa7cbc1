"""Reads the declarations of operations from their sources, with ``ast``, and imports none of them.

So an index of a hundred operations costs nothing to make, and a broken module cannot hide the others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
OPERATIONS = PACKAGE / "operations"
_MACHINERY = {
    "_index",
    "base",
    "declarations",
    "index",
    "ledger",
    "progress",
    "reference",
    "schedule",
    "work",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An ``@operation`` as found in a source file.

    Attributes:
        name: Slug.
        effect: ``read``, ``write`` or ``admin``.
        module: Module that declares it.
        function: Name of its function.
        request: Name of its request class.
        result: Name of its result class.
        summary: First line of its docstring.
        root: Folder below which modules are looked up.
    """

    name: str
    effect: str
    module: str
    function: str
    request: str
    result: str
    summary: str
    root: Path

    @property
    def method(self) -> str:
        """Name of the session's method."""
        return self.name.replace("-", "_")

    def request_class(self) -> Source:
        """Where the request class stands, and its source."""
        return find_class(self.root, self.module, self.request)

    def result_class(self) -> Source:
        """Where the result class stands, and its source."""
        return find_class(self.root, self.module, self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A class in a source file, with the literal constants of its module."""

    module: str
    node: ast.ClassDef
    constants: Mapping[str, Any]
    root: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestField:
    """A field of a request class as found in its source.

    Attributes:
        name: Its name.
        annotation: Its type as written.
        has_default: Whether it may be left out.
        default: The default as plain data; for one that is no literal, its source.
        metadata: Literal arguments of ``doc``; the first is ``help``.
    """

    name: str
    annotation: str
    has_default: bool
    default: Any
    metadata: Mapping[str, Any]

    @property
    def is_positional(self) -> bool:
        """Whether a caller may leave the field's name out."""
        return bool(self.metadata.get("positional"))


def declared_operations(folder: Path = OPERATIONS, root: Path | None = None) -> list[Declared]:
    """Every operation below a folder, by name.

    Args:
        folder: Where to look.
        root: Folder that holds the packages; the one of this package when left out.
    """
    found: list[Declared] = []
    for path in sorted(folder.rglob("*.py")):
        if path.parent == OPERATIONS and path.stem in _MACHINERY | {"__init__"}:
            continue
        found += _operations_of(path, root or PACKAGE.parent)
    return sorted(found, key=lambda declared: declared.name)


def _operations_of(path: Path, root: Path) -> Iterator[Declared]:
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
                module=_module_of(path, root),
                function=node.name,
                request=ast.unparse(request) if request else "",
                result=ast.unparse(node.returns) if node.returns else "",
                summary=(ast.get_docstring(node) or "").split("\n")[0],
                root=root,
            )


def _module_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def find_class(root: Path, module: str, name: str) -> Source:
    """The class ``name``, starting from a module that uses it and following its imports.

    Raises:
        LookupError: if the module does not say where it comes from.
    """
    path = root.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return Source(module=module, node=node, constants=_constants(tree), root=root)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            return find_class(root, node.module or "", name)
    raise LookupError(f"{module} does not say where {name} comes from")


def fields_of(source: Source) -> list[RequestField]:
    """Fields of a dataclass, those of its bases first, as the dataclass itself orders them."""
    found: dict[str, RequestField] = {}
    for base in source.node.bases:
        if isinstance(base, ast.Name) and base.id != "Result":
            inherited = fields_of(find_class(source.root, source.module, base.id))
            found |= {each.name: each for each in inherited}
    for line in source.node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            found[line.target.id] = _field(line.target.id, line, source.constants)
    return list(found.values())


def _field(name: str, line: ast.AnnAssign, constants: Mapping[str, Any]) -> RequestField:
    value = line.value
    has_default, default, metadata = value is not None, value, {}
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "field":
        keywords = {k.arg: k.value for k in value.keywords}
        factory = keywords.get("default_factory")
        has_default = bool({"default", "default_factory"} & set(keywords))
        default = ast.Call(factory, [], []) if factory is not None else keywords.get("default")
        metadata = _metadata(keywords.get("metadata"), constants)
    return RequestField(
        name=name,
        annotation=ast.unparse(line.annotation),
        has_default=has_default,
        default=_plain(default, constants) if default is not None else None,
        metadata=metadata,
    )


def _metadata(node: ast.expr | None, constants: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(node, ast.Call):
        return {}
    found = {k.arg: _plain(k.value, constants) for k in node.keywords if k.arg}
    if node.args:
        found["help"] = _plain(node.args[0], constants)
    return found


def _constants(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


_EMPTY: dict[str, Any] = {"dict": {}, "list": [], "tuple": (), "set": []}


def _plain(node: ast.expr, constants: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id]
    if isinstance(node, ast.Call) and not node.args and getattr(node.func, "id", "") in _EMPTY:
        return _EMPTY[ast.unparse(node.func)]
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
