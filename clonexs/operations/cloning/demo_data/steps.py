"""What a demo catalog is made of: every object with the statements that make it, in order.

Pure: nothing here talks to a workspace, so a plan is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clonexs.names import Value, quote, text_literal
from clonexs.operations.cloning.demo_data import layers, views
from clonexs.operations.cloning.demo_data.industry import ColumnSpec, Industry, TableSpec
from clonexs.operations.cloning.demo_data.recipes import Recipes
from clonexs.workspace.gateway import escape_braces

ANALYSTS, ENGINEERS, STEWARDS = "data_analysts", "data_engineers", "data_stewards"
GROUPS = (ANALYSTS, ENGINEERS, STEWARDS)
_VERSIONED, _WITH_VECTORS = "inventory", "orders"
# Share of rows that a version touches: one in a thousand.
_TOUCHED = 1000
SAMPLE_TABLES = ("customers", "products", "orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One object and the statements that make it.

    Attributes:
        kind: ``catalog``, ``schema``, ``table``, ``view``, ``function``, ``volume`` or ``finish``.
        name: ``schema.name``, or the schema alone.
        statements: Templates; ``{c}`` stands for the catalog.
        depends_on: Keys of the steps that come first.
        rows: Rows made, where that is known beforehand.
        params: Values bound in the statements.
    """

    kind: str
    name: str
    statements: tuple[str, ...]
    depends_on: tuple[str, ...] = ()
    rows: int | None = None
    params: Mapping[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``kind:name``."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCatalog:
    """Everything that goes into a demo catalog.

    Attributes:
        industry: The specification of the tables.
        recipes: How values are made.
        external_location: Folder for the tables of the bronze layer; empty makes them managed.
        grants: Whether to grant to the three groups.
        protection: Whether to set a column mask and a row filter.
        versions: Extra versions of the inventory table.
        volumes: Whether to make the two volumes.
    """

    industry: Industry
    recipes: Recipes
    external_location: str = ""
    grants: bool = True
    protection: bool = True
    versions: int = 3
    volumes: bool = True

    def steps(self) -> list[Step]:
        """All steps; each names what must come before it."""
        made = [self._catalog(), *self._schemas()]
        made += [self._base_table(table) for table in self.industry.tables]
        made += self._derived_tables()
        made += [self._column_inventory()]
        made += self._functions()
        made += self._views()
        made += self._volumes() if self.volumes else []
        made.append(self._finish([step.key for step in made]))
        return made

    def _catalog(self) -> Step:
        comment = text_literal(f"Demo data: {self.industry.comment}")
        return Step(
            kind="catalog",
            name="",
            statements=(f"CREATE CATALOG IF NOT EXISTS {{c}} COMMENT {comment}",),
        )

    def _schemas(self) -> list[Step]:
        return [
            Step(
                kind="schema",
                name=name,
                statements=(
                    f"CREATE SCHEMA IF NOT EXISTS {{c}}.{name} COMMENT {text_literal(comment)}",
                ),
                depends_on=("catalog:",),
            )
            for name, comment in layers.SCHEMAS.items()
        ]

    def _base_table(self, table: TableSpec) -> Step:
        full = f"{{c}}.{layers.BASE}.{table.name}"
        columns = [
            f"`{c.name}` {c.type}{'' if c.is_nullable else ' NOT NULL'} COMMENT {text_literal(c.comment)}"
            for c in table.visible
        ]
        columns.append(f"CONSTRAINT pk_{table.name} PRIMARY KEY (`{table.key}`)")
        layout = ""
        if table.partition:
            layout = f" PARTITIONED BY ({', '.join(map(quote, table.partition))})"
        elif table.cls == "F" and table.time:
            layout = f" CLUSTER BY ({quote(table.time)})"
        properties = {
            "demo.generated_by": "clonexs",
            "demo.industry": self.industry.name,
            "demo.seed": str(self.recipes.seed),
            **table.properties,
        }
        listed = ", ".join(f"{text_literal(k)} = {text_literal(v)}" for k, v in properties.items())
        names = ", ".join(f"`{c.name}`" for c in table.visible)
        checks = [
            f"ALTER TABLE {full} ADD CONSTRAINT ck_{table.name}_{column} CHECK ({condition})"
            for name, column, condition in self.industry.checks
            if name == table.name
        ]
        statements = [
            f"CREATE OR REPLACE TABLE {full} (\n  "
            + ",\n  ".join(columns)
            + f"\n) USING DELTA{layout}"
            f" COMMENT {text_literal(table.comment)} TBLPROPERTIES ({listed})",
            *checks,
            f"INSERT INTO {full} ({names})\n" + self.recipes.select(table),
            *self._versions_of(table),
        ]
        return Step(
            kind="table",
            name=f"{layers.BASE}.{table.name}",
            statements=tuple(statements),
            depends_on=(f"schema:{layers.BASE}",),
            rows=table.rows(self.recipes.scale),
        )

    def _versions_of(self, table: TableSpec) -> list[str]:
        full = f"{{c}}.{layers.BASE}.{table.name}"
        touched = f"pmod(xxhash64(`{table.key}`, {self.recipes.seed}, {{}}), {_TOUCHED}) = 0".format
        if table.name == _VERSIONED:
            return [
                f"UPDATE {full} SET quantity_on_hand = quantity_on_hand + {n + 1}"
                f" WHERE {touched(text_literal(f'version {n}'))}"
                for n in range(self.versions)
            ]
        if table.name == _WITH_VECTORS:
            # A few rows deleted from a table with deletion vectors, so that it really has one.
            return [f"DELETE FROM {full} WHERE {touched(text_literal('deleted'))}"]
        return []

    def _derived_tables(self) -> list[Step]:
        made = [
            *layers.bronze_tables(self.industry, self.recipes),
            *layers.history_tables(self.industry, self.recipes),
            *layers.star_tables(self.recipes),
            *layers.gold_tables(),
        ]
        return [self._table_as(derived) for derived in made]

    def _table_as(self, derived: layers.Derived) -> Step:
        location = ""
        if derived.schema == layers.BRONZE and self.external_location:
            path = f"{self.external_location.rstrip('/')}/{derived.schema}/{derived.name}"
            location = f" LOCATION {text_literal(path)}"
        statement = (
            f"CREATE OR REPLACE TABLE {{c}}.{derived.key} USING DELTA{location}"
            f" COMMENT {text_literal(derived.comment)} AS\n{derived.query}"
        )
        return Step(
            kind="table",
            name=derived.key,
            statements=(statement,),
            depends_on=(
                f"schema:{derived.schema}",
                *(f"table:{source}" for source in derived.sources),
            ),
        )

    def _column_inventory(self) -> Step:
        rows = ",\n  ".join(
            f"({text_literal(layers.BASE)}, {text_literal(table.name)}, {text_literal(c.name)},"
            f" {text_literal(c.type)}, {position}, {_recipe(c)}, {text_literal(f'{table.name}: {c.comment}')})"
            for table in self.industry.tables
            for position, c in enumerate(table.visible, start=1)
        )
        columns = "schema_name, table_name, column_name, data_type, position, recipe, comment"
        return Step(
            kind="table",
            name=f"{layers.CATALOG_SCHEMA}.column_inventory",
            statements=(
                f"CREATE OR REPLACE TABLE {{c}}.{layers.CATALOG_SCHEMA}.column_inventory USING DELTA"
                " COMMENT 'Every column and how its values are made' AS SELECT *,"
                " concat(table_name, '.', column_name) AS full_name"
                f" FROM VALUES\n  {rows} AS t({columns})",
            ),
            depends_on=(f"schema:{layers.CATALOG_SCHEMA}",),
        )

    def _functions(self) -> list[Step]:
        listed = dict(views.FUNCTIONS)
        if self.protection:
            for name, *rest in (views.COUPON_MASK, views.STORE_FILTER):
                listed[name] = (rest[0], rest[1], rest[2], rest[3])
        return [
            Step(
                kind="function",
                name=f"{layers.BASE}.{name}",
                statements=(
                    f"CREATE OR REPLACE FUNCTION {{c}}.{layers.BASE}.{name}({parameters}) RETURNS {returns}"
                    f" COMMENT {text_literal(comment)} RETURN {body}",
                ),
                depends_on=(f"schema:{layers.BASE}",),
            )
            for name, (parameters, returns, comment, body) in listed.items()
        ]

    def _views(self) -> list[Step]:
        made = [*layers.silver_views(self.industry), *views.base_views(), *views.views_on_views()]
        known = {derived.key for derived in made}
        return [
            Step(
                kind="view",
                name=derived.key,
                statements=(
                    f"CREATE OR REPLACE VIEW {{c}}.{derived.key} COMMENT {text_literal(derived.comment)}"
                    f" AS {derived.query}",
                ),
                depends_on=(
                    f"schema:{derived.schema}",
                    *(f"{'view' if s in known else 'table'}:{s}" for s in derived.sources),
                ),
            )
            for derived in made
        ]

    def _volumes(self) -> list[Step]:
        return [
            Step(
                kind="volume",
                name=f"{layers.BASE}.{name}",
                statements=(
                    f"CREATE VOLUME IF NOT EXISTS {{c}}.{layers.BASE}.{name} COMMENT {text_literal(comment)}",
                ),
                depends_on=(
                    f"schema:{layers.BASE}",
                    *(f"table:{layers.BASE}.{table}" for table in SAMPLE_TABLES),
                ),
            )
            for name, comment in (
                ("sample_data", "Samples of tables as files"),
                ("exports", "For files you export"),
            )
        ]

    def _finish(self, before: list[str]) -> Step:
        return Step(
            kind="finish",
            name="keys, tags, grants and protection",
            statements=(
                *self._foreign_keys(),
                *_tags(),
                *(_volume_tags() if self.volumes else ()),
                *(self._grants() if self.grants else ()),
                *(_protection() if self.protection else ()),
            ),
            depends_on=tuple(before),
        )

    def _foreign_keys(self) -> list[str]:
        return [
            f"ALTER TABLE {{c}}.{layers.BASE}.{table.name} ADD CONSTRAINT fk_{table.name}_{column.name}"
            f" FOREIGN KEY (`{column.name}`) REFERENCES {{c}}.{layers.BASE}.{column.parent}"
            f" (`{self.industry.table(column.parent).key}`)"
            for table in self.industry.tables
            for column in table.visible
            if column.parent
        ]

    def _grants(self) -> list[str]:
        return [
            *(f"GRANT USE CATALOG ON CATALOG {{c}} TO `{group}`" for group in GROUPS),
            *(
                f"GRANT USE SCHEMA, SELECT ON SCHEMA {{c}}.{schema} TO `{ANALYSTS}`"
                for schema in (layers.GOLD, layers.SILVER)
            ),
            *(
                f"GRANT USE SCHEMA, SELECT, MODIFY ON SCHEMA {{c}}.{schema} TO `{ENGINEERS}`"
                for schema in (layers.BASE, layers.BRONZE)
            ),
            f"GRANT USE SCHEMA ON SCHEMA {{c}}.{layers.BASE} TO `{STEWARDS}`",
            f"GRANT SELECT, APPLY TAG ON TABLE {{c}}.{layers.BASE}.customers TO `{STEWARDS}`",
            f"GRANT SELECT ON TABLE {{c}}.{layers.BASE}.v_customer_ltv TO `{ANALYSTS}`",
            f"GRANT EXECUTE ON FUNCTION {{c}}.{layers.BASE}.mask_email_retail TO `{ANALYSTS}`",
            *(self._volume_grants() if self.volumes else ()),
        ]

    def _volume_grants(self) -> list[str]:
        return [
            f"GRANT READ VOLUME ON VOLUME {{c}}.{layers.BASE}.sample_data TO `{ANALYSTS}`",
            f"GRANT READ VOLUME, WRITE VOLUME ON VOLUME {{c}}.{layers.BASE}.exports TO `{ENGINEERS}`",
        ]


def _tags() -> list[str]:
    base = f"{{c}}.{layers.BASE}"
    return [
        "ALTER CATALOG {c} SET TAGS ('demo' = 'true', 'domain' = 'retail')",
        f"ALTER SCHEMA {base} SET TAGS ('domain' = 'retail', 'layer' = 'base')",
        f"ALTER SCHEMA {{c}}.{layers.GOLD} SET TAGS ('layer' = 'gold')",
        f"ALTER TABLE {base}.customers SET TAGS ('data_classification' = 'pii_high', 'reviewed')",
        f"ALTER TABLE {base}.orders SET TAGS ('data_classification' = 'internal')",
        f"ALTER TABLE {base}.categories SET TAGS ('data_classification' = 'public')",
        *(
            f"ALTER TABLE {base}.customers ALTER COLUMN `{column}` SET TAGS ('pii' = '{kind}')"
            for column, kind in (
                ("first_name", "name"),
                ("last_name", "name"),
                ("email", "email"),
                ("phone", "phone"),
                ("address", "address"),
            )
        ),
    ]


def _volume_tags() -> list[str]:
    return [f"ALTER VOLUME {{c}}.{layers.BASE}.sample_data SET TAGS ('purpose' = 'samples')"]


def _protection() -> list[str]:
    base = f"{{c}}.{layers.BASE}"
    return [
        f"ALTER TABLE {base}.coupons ALTER COLUMN code SET MASK {base}.{views.COUPON_MASK[0]}",
        f"ALTER TABLE {base}.stores SET ROW FILTER {base}.{views.STORE_FILTER[0]} ON (state)",
    ]


def _recipe(column: ColumnSpec) -> str:
    # A key is counted, not drawn.
    return "NULL" if column.recipe == "pk" else escape_braces(text_literal(column.recipe))
