"""The list of what the local workspace speaks is complete and true: every line of it is tried."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest

from clonexs.local import lifecycle
from clonexs.local.services.sdk_calls import SdkCall, sdk_calls
from tests.local import surface_list, surface_sources
from tests.local.conftest import spark_session, stop_quietly
from tests.local.rest import Answer, fresh, plain, sdk
from tests.local.surface_list import MISSING, REFUSED, SERVED, Form, State
from tests.local.surface_statements import Stage

FAMILIES = sorted({form.family for form in surface_list.forms()})


@pytest.fixture(scope="module")
def workspace(local_home):
    """A workspace of its own: the lines are tried with names that mean nothing to others."""
    yield lifecycle.ensure_started("surface")
    lifecycle.reset("surface")


@pytest.fixture(scope="module")
def client(workspace):
    return sdk(workspace.http_url, workspace.token)


@pytest.fixture(scope="module")
def session(workspace):
    made = spark_session(workspace.grpc_port, workspace.token)
    yield made
    stop_quietly(made)


@pytest.fixture(scope="module")
def make_stage(client, session, tmp_path_factory):
    from databricks.sdk.service.catalog import AwsIamRoleRequest

    role = AwsIamRoleRequest(role_arn="arn:aws:iam::1:role/x")
    credential = client.storage_credentials.create(fresh("credential"), aws_iam_role=role).name
    url = client.external_locations.get("local-external").url
    catalog = client.catalogs.create(fresh("surface")).name

    def upload(path: str, content: bytes) -> None:
        client.files.upload(path, io.BytesIO(content))

    def make() -> Stage:
        outside = (tmp_path_factory.mktemp("outside") / "place").as_uri()
        return Stage(_runner(session), upload, catalog, url, outside, credential)

    return make


def _runner(session: Any) -> Any:
    return lambda text: session.sql(text).collect()


# The list is complete.


def test_every_listed_method_is_one_of_the_sdk():
    assert set(surface_list.rest()) - surface_sources.methods() == set()


def test_every_method_that_a_route_answers_is_listed():
    declared = surface_sources.declared_methods()
    listed = {name for name, state in surface_list.rest().items() if state.kind != MISSING}
    assert declared == listed


def test_what_the_package_calls_is_listed_and_served():
    rest = surface_list.rest()
    calls = surface_sources.own_calls()
    assert len(calls) >= 20
    assert {name: at for name, at in calls.items() if rest[name].kind == MISSING} == {}


def test_what_the_package_says_in_sql_is_listed_and_served():
    served = _heads(SERVED)
    statements = surface_sources.own_statements()
    assert len(statements) >= 20
    assert {head: at for head, at in statements.items() if head not in served} == {}


@pytest.mark.skipif(
    not surface_sources.SPECIFICATIONS.is_dir(), reason="the specifications are not beside us"
)
def test_what_the_specifications_name_is_listed():
    methods = surface_sources.specified_methods()
    heads = surface_sources.specified_statements()
    assert len(methods) >= 50
    assert len(heads) >= 40
    assert set(methods) - set(surface_list.rest()) == set()
    assert set(heads) - _heads(SERVED, REFUSED, MISSING) == set()


def test_every_statement_that_is_answered_here_is_listed():
    from clonexs.local.statements.dispatch import answered_by, answers

    listed = {answered_by(form.texts[-1]) for form in surface_list.forms()}
    assert answers() - listed == set()


# The list is true.


def test_every_served_method_is_called_by_a_test_through_the_sdk():
    tested = surface_sources.tested_calls()
    served = {name for name, state in surface_list.rest().items() if state.kind == SERVED}
    assert not served - tested, f"no test calls {', '.join(sorted(served - tested))}"


def test_every_listed_method_answers_as_the_list_says(workspace):
    calls = {call.full_name: call for call in sdk_calls()}
    wrong = []
    for name, state in surface_list.rest().items():
        answer = _asked(workspace, calls[name])
        message = str(answer.body.get("message", answer.body.get("detail", "")))
        if state.kind == MISSING:
            # An answer to HEAD has no body that could name it.
            is_right = answer.status == 501 and (calls[name].verb == "HEAD" or name in message)
        elif state.kind == REFUSED:
            is_right = state.error_class in {answer.body.get("error_code"), _class_of(answer)}
        else:
            is_right = answer.status not in {500, 501}
        if not is_right:
            wrong.append(f"{name} is listed as {state} and answers {answer.status} {message}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_listed_form_of_a_statement_does_as_the_list_says(family, make_stage):
    wrong = []
    for form in surface_list.forms():
        if form.family == family:
            outcome, told = _tried(form, make_stage())
            if outcome != form.state:
                wrong.append(f"{form.name} is listed as {form.state} and is {outcome}: {told}")
    assert not wrong, "\n".join(wrong)


def test_every_kind_of_state_is_in_use():
    kinds = Counter(form.state.kind for form in surface_list.forms())
    assert kinds[SERVED] > kinds[MISSING]
    assert kinds[REFUSED]


def _heads(*kinds: str) -> set[str | None]:
    return {
        surface_sources.head_of(text)
        for form in surface_list.forms()
        for text in (*form.texts, form.name)
        if form.state.kind in kinds
    }


def _tried(form: Form, stage: Stage) -> tuple[State, str]:
    """What becomes of a form, and what the workspace said to it."""
    from pyspark.errors import PySparkException

    for text in form.texts:
        try:
            stage.run(text)
        except PySparkException as error:
            # Nobody says why a missing form is refused; a refusal for good is the form's own.
            if form.state.kind == MISSING:
                return State(MISSING), ""
            place = "" if text is form.texts[-1] else f" before it is reached, by {text}"
            return State(REFUSED, f"{error.getCondition()}{place}"), str(error)
    return State(SERVED), "the last text was answered"


def _asked(workspace: lifecycle.Endpoint, call: SdkCall) -> Answer:
    headers = {
        "Authorization": f"Bearer {workspace.token}",
        "Content-Type": "application/json",
    }
    path = call.path
    for parameter in call.parameters:
        path = path.replace(parameter, _value_of(parameter), 1)
    body = b"{}" if call.verb in {"POST", "PUT", "PATCH"} else None
    return plain(workspace.http_url, call.verb, path, body=body, headers=headers)


def _value_of(parameter: str) -> str:
    """A value that the place of a parameter accepts, of an object that is not there."""
    if "path" in parameter:
        return "/Volumes/nowhere/s/v/x"
    if "securable_type" in parameter:
        return "catalog"
    return "7" if "index" in parameter or "version" in parameter else "x"


def _class_of(answer: Answer) -> str:
    for detail in answer.body.get("details", ()):
        if "metadata" in detail:
            return str(detail["metadata"]["error_class"])
    return ""
