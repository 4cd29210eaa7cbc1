"""``workspace`` of the SDK: notebooks, files and folders."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from clonexs.local.errors import LocalError
from clonexs.local.services import forms
from clonexs.local.services.notebook_text import (
    SUFFIXES,
    Cell,
    is_source,
    jupyter_cells,
    source_cells,
    to_jupyter,
    to_source,
)
from clonexs.local.services.routing import Api, Call, Rule, checked, unserved
from clonexs.local.services.workspace_paths import PREFIX, normalized
from clonexs.local.services.workspace_tree import Item, Tree

if TYPE_CHECKING:
    from databricks.sdk.service.workspace import ExportResponse, ListResponse, ObjectInfo

api = Api()
routes = api.routes

_ALL = "/api/2.0/workspace"
_READS = Rule("CAN_READ on the object or a folder above it", lambda call: None)
_EDITS = checked("CAN_EDIT on the object or its folder")
_LANGUAGES = {suffix: language for language, suffix in SUFFIXES.items()}


@api.get(f"{_ALL}/list", sdk="workspace.list", rule=_READS)
def list_objects(call: Call) -> ListResponse:
    """What is in a folder."""
    from databricks.sdk.service.workspace import ListResponse, ObjectInfo

    path, shown = _path(call)
    since = call.number("notebooks_modified_after")
    found = _tree(call).children(call.who, path)
    if since is not None:
        found = [each for each in found if each.kind == "NOTEBOOK" and each.modified_at >= since]
    return ListResponse(
        objects=[ObjectInfo.from_dict(_about(each, shown + each.path)) for each in found]
    )


@api.get(f"{_ALL}/get-status", sdk="workspace.get_status", rule=_READS)
def get_status(call: Call) -> ObjectInfo:
    """One object."""
    from databricks.sdk.service.workspace import ObjectInfo

    path, shown = _path(call)
    return ObjectInfo.from_dict(_about(_tree(call).get(call.who, path), shown + path))


@api.get(f"{_ALL}/export", sdk="workspace.export", rule=_READS)
def export(call: Call) -> ExportResponse | Response:
    """Content of a notebook or file."""
    from databricks.sdk.service.workspace import ExportFormat, ExportResponse

    path, _ = _path(call)
    tree = _tree(call)
    found = tree.get(call.who, path)
    form = call.query("format") or "SOURCE"
    if form not in ExportFormat.__members__:
        raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown format: {form}")
    if found.kind == "DIRECTORY":
        raise unserved("workspace.export of a folder")
    content, suffix = _exported(found, tree.content(found), form)
    if call.flag("direct_download"):
        return Response(content, media_type="application/octet-stream")
    return ExportResponse(content=base64.b64encode(content).decode(), file_type=suffix)


@api.post(f"{_ALL}/import", sdk="workspace.import_", rule=_EDITS)
def import_object(call: Call) -> None:
    """Write a notebook or file."""
    given, content = _sent(call)
    path = normalized(str(given.get("path", "")))
    form = str(given.get("format") or "SOURCE")
    if form in {"DBC", "HTML", "R_MARKDOWN"}:
        raise unserved(f"workspace.import_ of the format {form}")
    language = given.get("language")
    kind = "NOTEBOOK"
    if form == "AUTO":
        path, kind, form, language = _recognized(path, content)
    elif form == "RAW":
        kind = "FILE"
    if form == "SOURCE" and kind == "NOTEBOOK" and not language:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "The language must be given for the format SOURCE."
        )
    if form == "JUPYTER":
        language, _ = jupyter_cells(content)
    elif kind == "NOTEBOOK":
        _text(content)
    is_notebook = kind == "NOTEBOOK"
    _tree(call).write(
        call.who,
        path,
        content,
        kind=kind,
        language=language if is_notebook else None,
        form=form if is_notebook else None,
        overwrite=bool(given.get("overwrite")),
    )


@api.post(f"{_ALL}/mkdirs", sdk="workspace.mkdirs", rule=_EDITS)
def mkdirs(call: Call) -> None:
    """Make a folder and those above it."""
    from databricks.sdk.service.workspace import WorkspaceAPI

    given = call.arguments(WorkspaceAPI.mkdirs)
    _tree(call).make_folders(call.who, normalized(given["path"]))


@api.post(f"{_ALL}/delete", sdk="workspace.delete", rule=checked("CAN_MANAGE on the object"))
def delete(call: Call) -> None:
    """Remove an object."""
    from databricks.sdk.service.workspace import WorkspaceAPI

    given = call.arguments(WorkspaceAPI.delete)
    _tree(call).remove(call.who, normalized(given["path"]), recursive=bool(given.get("recursive")))


def cells_of(item: Item, content: bytes) -> list[Cell]:
    """Cells of a notebook."""
    if item.format == "JUPYTER":
        return jupyter_cells(content)[1]
    return source_cells(_text(content), item.language or "PYTHON")


def _tree(call: Call) -> Tree:
    return call.server.service(Tree)


def _path(call: Call) -> tuple[str, str]:
    """The path that is asked for, and what the caller writes before it."""
    given = call.needed("path")
    shown = PREFIX if given == PREFIX or given.startswith(f"{PREFIX}/") else ""
    return normalized(given), shown


def _about(item: Item, shown: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "object_id": item.id,
        "object_type": item.kind,
        "path": shown if len(shown) == 1 else shown.rstrip("/"),
        "resource_id": str(item.id),
    }
    if item.kind == "NOTEBOOK":
        made["language"] = item.language
    if item.kind == "FILE":
        made["size"] = item.size
    if item.kind != "DIRECTORY":
        made |= {"created_at": item.created_at, "modified_at": item.modified_at}
    return made


def _sent(call: Call) -> tuple[dict[str, Any], bytes]:
    """The fields and the content of an import, which comes as JSON or as a form with a file."""
    from databricks.sdk.service.workspace import WorkspaceAPI

    kind = call.request.headers.get("content-type", "")
    if kind.lower().startswith("multipart/form-data"):
        form = forms.parts(kind, call.body)
        content = form.pop("content", b"")
        fields: dict[str, Any] = {name: value.decode() for name, value in form.items()}
        fields["overwrite"] = fields.get("overwrite", "false").lower() == "true"
    else:
        fields = call.json()
        content = _decoded(fields.get("content"))
    from clonexs.local.services.requests import arguments

    return arguments(WorkspaceAPI.import_, fields), content


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise LocalError("INVALID_PARAMETER_VALUE", "The content is not valid base64.") from None


def _recognized(path: str, content: bytes) -> tuple[str, str, str, str | None]:
    """Path, kind, format and language of what is imported by its looks."""
    stem, dot, suffix = path.rpartition(".")
    suffix = f"{dot}{suffix}".lower()
    if suffix == ".ipynb":
        return stem, "NOTEBOOK", "JUPYTER", None
    language = _LANGUAGES.get(suffix)
    if language is not None and is_source(content.decode("utf-8", "replace"), language):
        return stem, "NOTEBOOK", "SOURCE", language
    return path, "FILE", "RAW", None


def _exported(item: Item, content: bytes, form: str) -> tuple[bytes, str]:
    if item.kind == "FILE":
        name = item.path.rpartition("/")[2]
        return content, name.rpartition(".")[2] if "." in name else ""
    if form in {"HTML", "DBC", "R_MARKDOWN", "RAW"}:
        raise unserved(f"workspace.export in the format {form}")
    wanted = (item.format or "SOURCE") if form == "AUTO" else form
    language = item.language or "PYTHON"
    suffix = "ipynb" if wanted == "JUPYTER" else SUFFIXES[language].lstrip(".")
    if wanted == item.format:
        return content, suffix
    cells = cells_of(item, content)
    if wanted == "JUPYTER":
        return to_jupyter(cells, language), suffix
    return to_source(cells, language).encode(), suffix


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise LocalError("INVALID_PARAMETER_VALUE", "A notebook must be text in UTF-8.") from None
