from __future__ import annotations

from clonexs.names import FunctionName
from clonexs.operations.cloning.clone.functions import create_function
from clonexs.workspace.inventory import Function, FunctionParameter

TARGET = FunctionName("dev", "s", "f")


def test_a_sql_function_is_written_out_of_its_facts() -> None:
    function = Function(
        name=FunctionName("prod", "s", "f"),
        comment="it's\n`odd`",
        parameters=(
            FunctionParameter(name="we`ird", type_text="decimal(10,2)", comment="in"),
            FunctionParameter(name="b", type_text="int", default="1 + 1"),
        ),
        return_type="string",
        definition="concat(x, 'y')",
        is_deterministic=False,
        sql_data_access="READS_SQL_DATA",
    )
    assert create_function(function, TARGET, "concat(x, 'z')") == (
        "CREATE OR REPLACE FUNCTION `dev`.`s`.`f`(`we``ird` decimal(10,2) COMMENT 'in',"
        " `b` int DEFAULT 1 + 1)\n"
        "RETURNS string\n"
        "NOT DETERMINISTIC\n"
        "COMMENT 'it\\'s\\n`odd`'\n"
        "READS SQL DATA\n"
        "RETURN concat(x, 'z')"
    )


def test_a_table_function_declares_its_columns() -> None:
    function = Function(
        name=FunctionName("prod", "s", "f"),
        return_type="TABLE",
        return_columns=(
            FunctionParameter(name="id", type_text="bigint"),
            FunctionParameter(name="v", type_text="string", comment="the value"),
        ),
    )
    assert create_function(function, TARGET, "SELECT 1, 'a'") == (
        "CREATE OR REPLACE FUNCTION `dev`.`s`.`f`()\n"
        "RETURNS TABLE (`id` bigint, `v` string COMMENT 'the value')\n"
        "RETURN SELECT 1, 'a'"
    )


def test_a_python_body_is_kept_whatever_is_in_it() -> None:
    function = Function(
        name=FunctionName("prod", "s", "f"),
        return_type="string",
        body="EXTERNAL",
        language="PYTHON",
    )
    body = "\nreturn '$$ prod.s.t'\n"
    text = create_function(function, TARGET, body)
    assert text.endswith(f"LANGUAGE PYTHON\nAS $clonexs${body}$clonexs$")
    assert create_function(function, TARGET, "return 1").endswith("AS $$return 1$$")
