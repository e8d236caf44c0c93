"""The API's description."""

import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.oauth import SCOPES


@pytest.fixture
def described(settings):
    return SchemaGenerator(urlconf="api.tests.urls").get_schema(request=None, public=True)


def test_the_whole_portal_is_described_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    assert capsys.readouterr().err == ""


def test_the_schema_is_openapi_3_1(client):
    response = client.get("/api/v1/schema")
    document = response.json()
    validate_schema(document)
    OpenAPIV31SpecValidator(document).validate()  # references and defaults too
    assert (response.status_code, document["openapi"]) == (200, "3.1.1")


def test_who_asks_for_yaml_gets_it(client):
    response = client.get("/api/v1/schema?format=yaml")
    assert response.content.startswith(b"openapi: 3.1.1")


def test_an_operation_names_its_scope_and_its_problems(described):
    operation = described["paths"]["/api/v1/gifts"]["post"]
    assert operation["summary"] == "Give"
    assert operation["security"] == [{"oauth2": ["points:write"]}]
    assert sorted(operation["responses"]) == ["201", "401", "403", "404", "422", "default"]
    assert operation["responses"]["422"]["description"] == "`points_out_of_range`."
    for status in ("401", "422", "default"):
        content = operation["responses"][status]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    shown = operation["responses"]["401"]["content"]["application/problem+json"]["examples"]
    codes = {each["value"]["code"] for each in shown.values()}
    assert codes == {"not_authenticated", "invalid_token"}


def test_every_problem_of_every_operation_has_an_example_that_fits(client):
    document = client.get("/api/v1/schema").json()
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    answers = [
        answer["content"]["application/problem+json"]
        for path in document["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
        if "application/problem+json" in answer.get("content", {})
    ]
    assert len(answers) > 100
    for answer in answers:
        assert answer["examples"]
        for example in answer["examples"].values():
            Draft202012Validator(problem).validate(example["value"])


def test_there_is_one_problem_component_and_one_scheme(described):
    assert [name for name in described["components"]["schemas"] if "Problem" in name] == ["Problem"]
    assert described["components"]["securitySchemes"] == {
        "oauth2": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPES}}}
    }


def test_a_list_is_described_as_a_page_of_its_rows(described):
    operation = described["paths"]["/api/v1/people"]["get"]
    page = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert page == {"$ref": "#/components/schemas/NamedPage"}
    assert described["components"]["schemas"]["NamedPage"]["properties"]["results"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Named"},
    }
    assert sorted(parameter["name"] for parameter in operation["parameters"]) == ["cursor", "limit", "name"]


def test_points_are_described_as_a_whole_number_in_range(described):
    points = described["components"]["schemas"]["GiftRequest"]["properties"]["points"]
    assert points == {"type": "integer", "minimum": 1, "maximum": 10_000_000}


def test_the_docs_hold_nothing_inline(client, db):
    response = client.get("/api/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=|javascript:", page) == []
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(source.startswith("/") for source in sources)


def test_the_docs_script_comes_by_address(client, db):
    response = client.get("/api/docs?script=")
    assert response["Content-Type"] == "application/javascript"
    assert b"/api/v1/schema" in response.content
