"""The demo catalog as a plan: complete, ordered, and every reference points somewhere."""

from __future__ import annotations

import pytest

from clonexs.names import CatalogName
from clonexs.operations.cloning.demo_data.industry import load_industry
from clonexs.operations.cloning.demo_data.recipes import Recipes
from clonexs.operations.cloning.demo_data.steps import DemoCatalog, Step
from clonexs.workspace.gateway import render


def _steps(seed: int = 42, **options: object) -> list[Step]:
    industry = load_industry("retail")
    recipes = Recipes(
        industry=industry, scale=0.001, seed=seed, start="2020-01-01", days=1825, null_rate=0.05
    )
    return DemoCatalog(industry=industry, recipes=recipes, **options).steps()  # type: ignore[arg-type]


def test_there_are_enough_of_every_kind() -> None:
    kinds = [step.kind for step in _steps()]

    assert kinds.count("table") >= 40
    assert kinds.count("schema") >= 4
    assert {"view", "function", "volume"} <= set(kinds)


def test_every_step_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for step in _steps():
        assert set(step.depends_on) <= seen, step.key
        seen.add(step.key)


def test_every_statement_is_a_valid_template() -> None:
    for step in _steps(external_location="file:///x"):
        for statement in step.statements:
            assert "`re``tail`" in render(statement, {"c": CatalogName("re`tail")})


def test_every_foreign_key_points_at_a_table_of_the_industry() -> None:
    industry = load_industry("retail")
    names = {table.name for table in industry.tables}

    parents = {c.parent for table in industry.tables for c in table.visible if c.parent}

    assert parents <= names
    assert len(parents) >= 5


def test_another_seed_makes_other_text() -> None:
    assert [s.statements for s in _steps(1)] != [s.statements for s in _steps(2)]


def test_reference_tables_are_not_scaled_and_floors_hold() -> None:
    industry = load_industry("retail")

    assert industry.table("warehouses").rows(0.0001) == 500
    assert industry.table("stores").rows(0.0001) == 200
    assert industry.table("orders").rows(0.01) == 50_000


@pytest.mark.parametrize("option", ["grants", "protection", "volumes"])
def test_what_is_not_wanted_is_not_made(option: str) -> None:
    words = {"grants": "GRANT ", "protection": "SET MASK", "volumes": "CREATE VOLUME"}

    text = "\n".join(s for step in _steps(**{option: False}) for s in step.statements)

    assert words[option] not in text
