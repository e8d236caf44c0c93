"""The API's description."""

import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.oauth import SCOPES
from api.openapi import PROBLEMS_MEMBER


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


def answered(document, operation):
    """Return an operation's answers by status, those that stand among the components too."""
    components = document["components"]["responses"]
    return {
        status: components[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }


def codes_of(document, path, method):
    """Return the codes of the problems that an operation can end in, by status."""
    answers = answered(document, document["paths"][f"/api/v1/{path}"][method])
    contents = {status: answer.get("content", {}).get("application/problem+json") for status, answer in answers.items()}
    return {status: list(content["examples"]) for status, content in contents.items() if content}


def test_an_operation_names_its_scope_and_its_problems(described):
    operation = described["paths"]["/api/v1/gifts"]["post"]
    assert operation["summary"] == "Give"
    assert operation["security"] == [{"oauth2": ["points:write"]}]
    assert codes_of(described, "gifts", "post") == {
        "400": ["bad_request", "malformed_body", "invalid_idempotency_key"],
        "401": ["not_authenticated", "invalid_token", "token_in_address"],
        "403": ["insufficient_scope"],
        "404": ["not_found"],
        "408": ["request_timeout"],
        "409": ["idempotency_key_in_progress"],
        "413": ["body_too_large"],
        "415": ["unsupported_media_type"],
        "422": ["points_out_of_range", "invalid_request", "idempotency_key_reused"],
        "429": ["too_many_requests"],
        "500": ["internal_error"],
        "503": ["not_ready"],
        "default": ["method_not_allowed"],
    }
    assert PROBLEMS_MEMBER not in operation


def test_what_is_only_read_ends_in_fewer_problems(described):
    statuses = ["400", "401", "403", "422", "429", "500", "503", "default"]
    assert list(codes_of(described, "people", "get")) == statuses
    assert codes_of(described, "people", "get")["400"] == ["bad_request"]


@pytest.mark.parametrize(
    ("path", "method", "status", "names"),
    [
        ("gifts", "post", "201", ["Idempotent-Replayed"]),
        ("gifts", "post", "422", ["Idempotent-Replayed"]),
        ("gifts", "post", "401", ["WWW-Authenticate"]),
        ("gifts", "post", "429", ["Retry-After"]),
        ("gifts", "post", "503", ["Retry-After"]),
        ("gifts", "get", "200", []),
        ("people", "get", "200", ["Link"]),
        ("ending", "get", "200", ["Link", "Deprecation", "Sunset"]),
    ],
)
def test_answers_name_their_headers(described, path, method, status, names):
    headers = answered(described, described["paths"][f"/api/v1/{path}"][method])[status]["headers"]
    always = {"X-Request-ID", "X-Correlation-ID", "RateLimit", "RateLimit-Policy"}
    assert set(headers) - always == set(names)
    assert always <= set(headers)
    for name, header in headers.items():
        assert header == {"$ref": f"#/components/headers/{name}"}
        assert described["components"]["headers"][name]["description"]


def test_a_handshake_is_described_and_asks_for_no_token(client):
    document = client.get("/api/v1/schema").json()
    operation = document["paths"]["/api/v1/events"]["options"]
    assert "security" not in operation
    assert [parameter["name"] for parameter in operation["parameters"]] == ["WebHook-Request-Origin"]
    assert {"Allow", "WebHook-Allowed-Origin", "WebHook-Allowed-Rate"} <= set(operation["responses"]["200"]["headers"])
    assert "options" not in document["paths"]["/api/v1/points-requests"]


def test_every_problem_of_every_operation_has_an_example_that_fits(client):
    document = client.get("/api/v1/schema").json()
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    examples = document["components"]["examples"]
    for example in examples.values():
        Draft202012Validator(problem).validate(example["value"])
    paths = [(path.removeprefix("/api/v1/"), method) for path, item in document["paths"].items() for method in item]
    shown = [code for path, method in paths for codes in codes_of(document, path, method).values() for code in codes]
    assert len(shown) > 300
    assert set(shown) == set(examples)


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
