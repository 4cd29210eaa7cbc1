"""Who needs what of the surface: our own code, and the specifications where they lie beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from clonexs.local.services.sdk_calls import sdk_calls

ROOT = Path(__file__).parents[2]
SPECIFICATIONS = ROOT.parent / "shared" / "spec"

_CLIENT = re.compile(r"(^|_)(api|client|sdk|w|admin|workspace)$")
_METHOD = re.compile(r"(?<![\w.])(?:w\.|client\.)?([a-z_0-9]+)\.([a-z_0-9]+(?:/[a-z_0-9]+)*)")
_WORDS = re.compile(r"[A-Z]+(?![\w.(])")
# Words between the verb of a statement and what it is about.
_BETWEEN = {"OR", "REPLACE", "REFRESH", "IF", "NOT", "EXISTS", "TEMP", "TEMPORARY", "GLOBAL"}
_BETWEEN |= {"EXTERNAL", "FOREIGN", "ALL", "USER", "EXTENDED", "FORMATTED", "COST", "WITH"}
# Verbs that say alone which statement it is.
_ALONE = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "EXPLAIN", "GRANT", "REVOKE"}
_ALONE |= {"OPTIMIZE", "VACUUM", "RESTORE", "EXECUTE", "DECLARE", "USE", "BEGIN", "RESET"}
_VERBS = _ALONE | {"CREATE", "ALTER", "DROP", "UNDROP", "SHOW", "DESCRIBE", "COMMENT", "REORG"}
_VERBS |= {
    "ANALYZE",
    "REFRESH",
    "TRUNCATE",
    "CALL",
    "CONVERT",
    "CACHE",
    "DENY",
    "FSCK",
    "MSCK",
    "COPY",
}
# Parts of statements that stand alone in code spans.
_PARTS = {
    "DROP COLUMN",
    "DROP COLUMNS",
    "DROP CONSTRAINT",
    "DROP DEFAULT",
    "DROP MASK",
    "DROP ROW",
    "ALTER COLUMN",
    "DROP",
}


def methods() -> frozenset[str]:
    """Names of all methods of the SDK."""
    return frozenset(each.full_name for each in sdk_calls())


def declared_methods() -> frozenset[str]:
    """Methods of the SDK that a route of the local workspace answers.

    A route answers all methods that send the same request.
    """
    from clonexs.local.services.app import service_modules
    from clonexs.local.services.routing import Api

    found: set[str] = set()
    for module in service_modules():
        for value in vars(module).values():
            if isinstance(value, Api):
                found.update(each.sdk for each in value.served if each.sdk)
        found.update(name for _, _, name in getattr(module, "SERVED", ()))
    answered = {(each.verb, each.pattern) for each in sdk_calls() if each.full_name in found}
    same = {each.full_name for each in sdk_calls() if (each.verb, each.pattern) in answered}
    return frozenset(found | same)


def own_calls() -> dict[str, str]:
    """Methods of the SDK that the package calls, with a place where it does."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "clonexs").rglob("*.py")):
        if (ROOT / "clonexs" / "local") not in path.parents:
            for name, line in _calls(path):
                found.setdefault(name, f"{path.relative_to(ROOT)}:{line}")
    return found


def tested_calls() -> set[str]:
    """Methods of the SDK that a test calls on a client."""
    paths = [*(ROOT / "tests" / "local").rglob("*.py"), *(ROOT / "tests" / "parity").rglob("*.py")]
    return {name for path in paths for name, _ in _calls(path, is_test=True)}


def own_statements() -> dict[str, str]:
    """Heads of the statements that the package sends, with a place where it does."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "clonexs").rglob("*.py")):
        if not {"local", "jobs"} & set(path.relative_to(ROOT).parts):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                    continue
                head = head_of(node.value)
                # Nothing but keywords is the name of an operation, unless a name follows.
                is_name = node.value.replace(" ", "").isupper() and not node.value.endswith(" ")
                if head and not is_name:
                    found.setdefault(head, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def specified_methods() -> dict[str, str]:
    """Methods of the SDK that the specifications name in code, with the document."""
    known = methods()
    return {
        f"{service}.{method}": document
        for document, span in _spans()
        for service, group in _METHOD.findall(span)
        for method in group.split("/")
        if f"{service}.{method}" in known
    }


def specified_statements() -> dict[str, str]:
    """Heads of the statements that the specifications name in code, with the document."""
    return {head: document for document, span in _spans() for head in filter(None, [head_of(span)])}


def head_of(text: str) -> str | None:
    """What tells a statement from others, such as ``CREATE TABLE``; ``None`` if it is none."""
    words = _leading_words(text)
    if not words or words[0] not in _VERBS:
        return None
    if words[0] in _ALONE:
        return words[0]
    head = " ".join([words[0], *[word for word in words[1:] if word not in _BETWEEN][:1]])
    return None if head in _PARTS or " " not in head else head


def _leading_words(text: str) -> list[str]:
    made = []
    for part in text.split()[:8]:
        if not _WORDS.fullmatch(part):
            break
        made.append(part)
    return made


def _calls(path: Path, *, is_test: bool = False) -> Iterator[tuple[str, int]]:
    known = methods()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute):
            continue
        service, *holders = _names(node.value)
        # A test may have a service in hand by itself, or make a client on the spot.
        is_client = bool(_CLIENT.search(holders[0])) if holders and holders[0] else is_test
        if is_client and f"{service}.{node.attr}" in known:
            yield f"{service}.{node.attr}", node.lineno


def _names(node: ast.expr) -> list[str]:
    """What stands before an attribute, last name first; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return [node.attr, *_names(node.value)]
    return [node.id] if isinstance(node, ast.Name) else [""]


def _spans() -> Iterator[tuple[str, str]]:
    for path in sorted(SPECIFICATIONS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"```.*?\n(.*?)```", text, re.DOTALL):
            yield path.name, block
        for span in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
            yield path.name, span
