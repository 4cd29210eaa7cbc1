"""Writes the index of operations, ``session.pyi`` and ``docs/operations.md``: ``make index``.

Run as ``python -m clonexs.operations.index``; with ``--check`` it changes nothing and fails when
something on disk differs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from clonexs.operations.declarations import (
    OPERATIONS,
    PACKAGE,
    Declared,
    RequestField,
    declared_operations,
    fields_of,
)
from clonexs.operations.reference import reference_text


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
        request = o.request_class()
        imports.setdefault(request.module, set()).add(o.request)
        imports.setdefault(o.result_class().module, set()).add(o.result)
        methods += _methods(o, fields_of(request))
    head = (PACKAGE / "session_head.pyi.txt").read_text(encoding="utf-8")
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


def generated_files() -> dict[Path, str]:
    """Path and text of every generated file."""
    operations = declared_operations()
    return {
        OPERATIONS / "_index.py": index_text(operations),
        PACKAGE / "session.pyi": stub_text(operations),
        PACKAGE.parent / "docs" / "operations.md": reference_text(operations),
    }


def stale_files(files: Mapping[Path, str]) -> list[Path]:
    """Those whose text on disk is another one, or that are not there."""
    return [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the generated files, or with ``--check`` say which are stale."""
    checking = "--check" in arguments
    files = generated_files()
    stale = stale_files(files)
    for path in stale:
        if checking:
            sys.stdout.write(f"stale: {path.relative_to(PACKAGE.parent)}; run make index\n")
        else:
            path.write_text(files[path], encoding="utf-8")
    return 1 if checking and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
