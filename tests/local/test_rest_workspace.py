"""Notebooks, files and folders of the workspace's tree through the SDK."""

from __future__ import annotations

import base64
import json

import pytest

from tests.local.rest import fresh, plain

SOURCE = """# Databricks notebook source
# MAGIC %md
# MAGIC # Title

# COMMAND ----------

x = 1  # ünïcødé
print(x)

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT 1
"""


@pytest.fixture
def folder(admin):
    path = f"/Shared/{fresh('folder')}"
    admin.workspace.mkdirs(path)
    yield path
    admin.workspace.delete(path, recursive=True)


def _put(client, path, text, **options):
    from databricks.sdk.service.workspace import ImportFormat, Language

    options = {"format": ImportFormat.SOURCE, "language": Language.PYTHON, **options}
    client.workspace.import_(path, content=base64.b64encode(text.encode()).decode(), **options)


def _text(client, path, form=None):
    return base64.b64decode(client.workspace.export(path, format=form).content).decode()


def test_a_notebook_comes_back_as_it_was_written(admin, folder):
    from databricks.sdk.service.workspace import ExportFormat, Language, ObjectType

    _put(admin, f"{folder}/n", SOURCE)
    assert _text(admin, f"{folder}/n") == SOURCE
    found = admin.workspace.get_status(f"/Workspace{folder}/n")
    assert (found.path, found.object_type, found.language) == (
        f"/Workspace{folder}/n",
        ObjectType.NOTEBOOK,
        Language.PYTHON,
    )
    assert admin.workspace.export(f"{folder}/n").file_type == "py"
    jupyter = json.loads(_text(admin, f"{folder}/n", ExportFormat.JUPYTER))
    cells = [(each["cell_type"], "".join(each["source"])) for each in jupyter["cells"]]
    assert cells == [
        ("markdown", "# Title"),
        ("code", "x = 1  # ünïcødé\nprint(x)"),
        ("code", "%sql\nSELECT 1"),
    ]


def test_a_jupyter_notebook_keeps_its_metadata_and_becomes_source(admin, folder):
    from databricks.sdk.service.workspace import ExportFormat, ImportFormat

    text = json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "metadata": {"tags": ["parameters"]},
                    "outputs": [],
                    "source": ["x = 1  # ünïcødé\n", "print(x)"],
                },
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "metadata": {},
                    "outputs": [],
                    "source": ["%sql\n", "SELECT 1"],
                },
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    _put(admin, f"{folder}/n", text, format=ImportFormat.JUPYTER, language=None)
    assert _text(admin, f"{folder}/n", ExportFormat.JUPYTER) == text
    assert _text(admin, f"{folder}/n") == SOURCE


def test_uploads_are_recognized_by_their_looks_and_downloaded(admin, folder):
    from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType

    data = b"\x00\xff--boundary\r\n\r\nbytes\r\n"
    admin.workspace.upload(f"{folder}/data.bin", data, format=ImportFormat.AUTO)
    admin.workspace.upload(f"{folder}/n.py", SOURCE.encode(), format=ImportFormat.AUTO)
    admin.workspace.upload(f"{folder}/module.py", b"x = 1\n", format=ImportFormat.AUTO)
    admin.workspace.upload(f"{folder}/q", b"SELECT 1", language=Language.SQL)
    found = {each.path.rpartition("/")[2]: each for each in admin.workspace.list(folder)}
    assert {name: each.object_type for name, each in found.items()} == {
        "data.bin": ObjectType.FILE,
        "module.py": ObjectType.FILE,
        "n": ObjectType.NOTEBOOK,
        "q": ObjectType.NOTEBOOK,
    }
    assert found["q"].language == Language.SQL
    assert found["data.bin"].size == len(data)
    with admin.workspace.download(f"{folder}/data.bin", format=ExportFormat.AUTO) as file:
        assert file.read() == data
    with admin.workspace.download(f"{folder}/n") as file:
        assert file.read().decode() == SOURCE


def test_a_form_without_a_token_stays_outside(server):
    answer = plain(
        server.http_url,
        "POST",
        "/api/2.0/workspace/import",
        body=b"--x--\r\n",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status == 415


def test_folders_are_listed_walked_and_deleted(admin, folder):
    from databricks.sdk.errors import BadRequest, NotFound

    admin.workspace.mkdirs(f"{folder}/a/b")
    admin.workspace.mkdirs(f"{folder}/a/b")
    _put(admin, f"{folder}/a/b/n", SOURCE)
    _put(admin, f"{folder}/ab", SOURCE)
    assert [each.path for each in admin.workspace.list(folder)] == [f"{folder}/a", f"{folder}/ab"]
    walked = {each.path for each in admin.workspace.list(folder, recursive=True)}
    assert walked == {f"{folder}/a/b/n", f"{folder}/ab"}
    assert [each.path for each in admin.workspace.list(f"{folder}/ab")] == [f"{folder}/ab"]
    with pytest.raises(BadRequest) as caught:
        admin.workspace.delete(f"{folder}/a")
    assert caught.value.error_code == "DIRECTORY_NOT_EMPTY"
    admin.workspace.delete(f"{folder}/a", recursive=True)
    with pytest.raises(NotFound):
        admin.workspace.get_status(f"{folder}/a/b/n")
    assert {each.path for each in admin.workspace.list("/")} >= {"/Users", "/Shared"}


@pytest.mark.parametrize(
    ("path", "options", "code"),
    [
        ("relative", {}, "INVALID_PARAMETER_VALUE"),
        ("/Shared/../x", {}, "INVALID_PARAMETER_VALUE"),
        ("/Shared/missing/n", {}, "RESOURCE_DOES_NOT_EXIST"),
        ("{folder}/taken", {}, "RESOURCE_ALREADY_EXISTS"),
        ("{folder}/n", {"language": None}, "INVALID_PARAMETER_VALUE"),
        ("{folder}/n", {"format": "JUPYTER"}, "INVALID_PARAMETER_VALUE"),
        ("{folder}/n", {"format": "DBC"}, "NOT_IMPLEMENTED"),
        ("{folder}", {"overwrite": True}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_what_cannot_be_imported_is_refused(admin, folder, path, options, code):
    from databricks.sdk.errors import DatabricksError
    from databricks.sdk.service.workspace import ImportFormat

    _put(admin, f"{folder}/taken", SOURCE)
    if "format" in options:
        options = {**options, "format": ImportFormat(options["format"])}
    with pytest.raises(DatabricksError) as caught:
        _put(admin, path.replace("{folder}", folder), SOURCE, **options)
    assert caught.value.error_code == code


def test_content_is_limited_and_replaced_only_when_asked(admin, folder):
    from databricks.sdk.errors import BadRequest

    with pytest.raises(BadRequest) as caught:
        _put(admin, f"{folder}/n", "x" * (10 * 1024 * 1024 + 1))
    assert caught.value.error_code == "MAX_NOTEBOOK_SIZE_EXCEEDED"
    _put(admin, f"{folder}/n", "x = 1\n")
    number = admin.workspace.get_status(f"{folder}/n").object_id
    _put(admin, f"{folder}/n", "x = 2\n", overwrite=True)
    assert _text(admin, f"{folder}/n") == "x = 2\n"
    assert admin.workspace.get_status(f"{folder}/n").object_id == number


def test_a_home_is_its_users_own_until_it_is_shared(admin, as_user, other_user):
    from databricks.sdk.errors import NotFound, PermissionDenied
    from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

    ana, name = as_user(other_user), fresh("bob") + "@local"
    bob = as_user(name)
    path = f"/Users/{other_user}/n"
    _put(ana, path, SOURCE)
    assert f"/Users/{other_user}" in {each.path for each in ana.workspace.list("/Users")}
    assert f"/Users/{other_user}" not in {each.path for each in bob.workspace.list("/Users")}
    with pytest.raises(NotFound):
        bob.workspace.export(path)
    with pytest.raises(NotFound):
        _put(bob, f"/Users/{other_user}/mine", SOURCE)
    with pytest.raises(PermissionDenied):
        bob.workspace.mkdirs("/everybodys")
    number = str(ana.workspace.get_status(path).object_id)
    reads = AccessControlRequest(user_name=name, permission_level=PermissionLevel.CAN_READ)
    ana.permissions.update("notebooks", number, access_control_list=[reads])
    assert _text(bob, path) == SOURCE
    with pytest.raises(PermissionDenied):
        _put(bob, path, "x = 1", overwrite=True)
    with pytest.raises(PermissionDenied):
        bob.permissions.update("notebooks", number, access_control_list=[reads])
    shown = {
        (entry.user_name or entry.group_name, each.permission_level.value, each.inherited)
        for entry in ana.permissions.get("notebooks", number).access_control_list
        for each in entry.all_permissions
    }
    assert shown == {
        (name, "CAN_READ", False),
        (other_user, "CAN_MANAGE", False),
        (other_user, "CAN_MANAGE", True),
        ("admins", "CAN_MANAGE", True),
    }
    assert _text(admin, path) == SOURCE


def test_levels_of_a_folder_hold_below_it_and_are_replaced_or_added(admin, as_user, folder):
    from databricks.sdk.core import DatabricksError
    from databricks.sdk.errors import NotFound
    from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
    from databricks.sdk.service.workspace import (
        WorkspaceObjectAccessControlRequest,
        WorkspaceObjectPermissionLevel,
    )

    name, other = (f"{fresh('eve')}@local" for _ in range(2))
    eve = as_user(name)
    as_user(other)
    admin.workspace.mkdirs(path := f"/{fresh('closed')}")
    _put(admin, f"{path}/n", SOURCE)
    number = str(admin.workspace.get_status(path).object_id)

    def given(answer):
        return {
            entry.user_name: each.permission_level.value
            for entry in answer.access_control_list
            for each in entry.all_permissions
            if not each.inherited
        }

    with pytest.raises(NotFound):
        eve.workspace.export(f"{path}/n")
    runs = AccessControlRequest(user_name=name, permission_level=PermissionLevel.CAN_RUN)
    made = admin.permissions.update("directories", number, access_control_list=[runs])
    assert given(made) == {"admin@local": "CAN_MANAGE", name: "CAN_RUN"}
    assert _text(eve, f"{path}/n") == SOURCE
    reads = AccessControlRequest(user_name=other, permission_level=PermissionLevel.CAN_READ)
    admin.permissions.set("directories", number, access_control_list=[reads])
    assert given(admin.permissions.get("directories", number)) == {other: "CAN_READ"}
    with pytest.raises(NotFound):
        eve.workspace.export(f"{path}/n")
    edits = WorkspaceObjectAccessControlRequest(
        user_name=name, permission_level=WorkspaceObjectPermissionLevel.CAN_EDIT
    )
    admin.workspace.update_permissions("directories", number, access_control_list=[edits])
    assert given(admin.workspace.get_permissions("directories", number)) == {
        name: "CAN_EDIT",
        other: "CAN_READ",
    }
    _put(eve, f"{path}/mine", SOURCE)
    admin.workspace.set_permissions("directories", number, access_control_list=[])
    assert given(admin.workspace.get_permissions("directories", number)) == {}
    wanted = ["CAN_MANAGE", "CAN_EDIT", "CAN_RUN", "CAN_READ"]
    levels = admin.permissions.get_permission_levels("directories", number)
    assert [each.permission_level.value for each in levels.permission_levels] == wanted
    levels = admin.workspace.get_permission_levels("directories", number)
    assert [each.permission_level.value for each in levels.permission_levels] == wanted
    for kind, entry, code in (
        ("notebooks", reads, "RESOURCE_DOES_NOT_EXIST"),
        ("pipelines", reads, "NOT_IMPLEMENTED"),
        ("directories", AccessControlRequest(user_name=name), "INVALID_PARAMETER_VALUE"),
    ):
        with pytest.raises(DatabricksError) as caught:
            admin.permissions.set(kind, number, access_control_list=[entry])
        assert caught.value.error_code == code
    admin.workspace.delete(path, recursive=True)
