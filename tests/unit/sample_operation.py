"""An operation of the tests' own, written to a file so that it is declared as any other is."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType

SOURCE = '''
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from clonexs.operations.base import Plan, Result, RunContext, doc, operation

_SPEED = "Performance"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """What the sample takes."""

    source_catalog: str = field(metadata=doc("Catalog to read", picker="catalog"))
    mode: Literal["fast", "exact"] = field(default="fast", metadata=doc("How to do it"))
    schemas: tuple[str, ...] = field(default=(), metadata=doc("Only these schemas"))
    labels: dict[str, str] = field(default_factory=dict, metadata=doc("Labels to set"))
    rules: tuple[dict[str, int], ...] = field(default=(), metadata=doc("Rules"))
    ratio: float | None = field(default=None, metadata=doc("Share", min=0, max=1))
    width: int = field(default=4, metadata=doc("At once", group=_SPEED, min=1, max=16))
    copy_tags: bool = field(default=True, metadata=doc("Carry tags over"))
    password: str = field(default="", metadata=doc("A secret", sensitivity="secret"))
{extra}

@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult(Result):
    """What came of it."""

    tables: int = 0


def plan_sample(ctx: RunContext, request: SampleRequest) -> Plan:
    """Nothing to do."""
    return Plan.of("{name}", request, units=())


@operation("{name}", effect="write", plan=plan_sample)
def sample(ctx: RunContext, request: SampleRequest) -> SampleResult:
    """Do something to a catalog."""
    return SampleResult()
'''
_NUMBERS = itertools.count(1)


def write(folder: Path, extra: str = "") -> tuple[str, ModuleType]:
    """Write the operation into a folder, declare it, and give its name and module."""
    number = next(_NUMBERS)
    name, stem = f"sample-{number}", f"sample_{number}"
    path = folder / f"{stem}.py"
    path.write_text(SOURCE.replace("{extra}", extra).replace("{name}", name))
    spec = importlib.util.spec_from_file_location(stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    return name, module
