"""What a body may be: strict JSON, strict members, strict values."""

import json

import pytest

from api.parsers import document
from api.tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
GIFTS = "/api/v1/gifts"


@pytest.fixture
def http():
    return api()


def post(http, raw):
    return http.post(GIFTS, raw, content_type="application/json")


def nested(levels):
    return b'{"points": 1, "metadata": ' + b'{"a":' * (levels - 1) + b"1" + b"}" * (levels - 1) + b"}"


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"{", "The body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        (b'{"points": 1} x', "The body is not JSON: Extra data at line 1, column 15."),
        (b'{"points": NaN}', "NaN is not JSON. Leave the member out, or send null."),
        (b'{"points": -Infinity}', "-Infinity is not JSON. Leave the member out, or send null."),
        (b'{"points": 1e400}', "1e400 is too large a number."),
        (b'{"points": 1, "points": 2}', 'The member "points" stands twice in one object. Send it once.'),
        (b'{"reason": "\xff"}', "The body is not UTF-8: byte 12 does not belong there."),
        (b'{"points": ' + b"9" * 5000 + b"}", "A number in the body has too many digits."),
        (nested(33), "The body is nested more than 32 levels deep."),
        (b"[" * 100_000, "The body is nested more than 32 levels deep."),
        (
            b'{"reason": "\\ud800"}',
            "A text in the body holds \\u0000 or half of a surrogate pair, which is no character.",
        ),
        (
            b'{"metadata": {"a\\u0000": 1}}',
            "A text in the body holds \\u0000 or half of a surrogate pair, which is no character.",
        ),
    ],
)
def test_a_body_that_is_not_strict_json_is_400(http, raw, detail):
    response = post(http, raw)
    assert (response.status_code, response.json()["code"], response.json()["detail"]) == (400, "malformed_body", detail)


def test_a_body_of_32_levels_is_taken(http):
    assert post(http, nested(32)).status_code == 201


def test_a_long_flat_body_is_not_deep(http):
    assert post(http, json.dumps({"points": 1, "parts": [{"points": 1}] * 50}).encode()).status_code == 201


def test_characters_beyond_the_first_plane_are_taken():
    assert document(b'{"a": "\\ud83c\\udf81", "b": "\\\\u0000"}') == {"a": "🎁", "b": "\\u0000"}


def test_a_byte_order_mark_is_passed_over():
    assert document(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(("spare", "status"), [(0, 201), (1, 413)])
def test_a_body_has_5_mib_at_most(http, spare, status):
    raw = b'{"points": 1}'
    response = post(http, raw + b" " * (5 * 1024 * 1024 - len(raw) + spare))
    assert response.status_code == status
    if status == 413:
        assert response.json()["code"] == "body_too_large"


@pytest.mark.parametrize(
    "raw", [b"true", b"1.0", b'"1"', b"1e2", b"0", b"-5", b"10000001", b"[1]", b"{}", b'""', b"1.5"]
)
def test_points_are_a_whole_number_in_range_and_nothing_else(http, raw):
    response = post(http, b'{"points": ' + raw + b"}")
    body = response.json()
    assert (response.status_code, body["code"]) == (422, "points_out_of_range")
    assert body["errors"] == [
        {
            "pointer": "/points",
            "code": "points_out_of_range",
            "detail": "Write a whole number from 1 to 10,000,000, with no quotes.",
        }
    ]


@pytest.mark.parametrize("points", [1, 10_000_000])
def test_points_at_either_end_are_taken(http, points):
    response = http.post(GIFTS, {"points": points})
    assert (response.status_code, response.json()) == (201, {"points": points})


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/points", "required")]),
        ({"points": None}, [("/points", "null")]),
        ({"points": 1, "poinst": 2}, [("/poinst", "unknown_member")]),
        ({"points": 0, "a/b~c.d": 1}, [("/a~1b~0c.d", "unknown_member"), ("/points", "points_out_of_range")]),
        ({"points": 1, "reason": 5}, [("/reason", "not_text")]),
        ({"points": 1, "reason": "x" * 11}, [("/reason", "max_length")]),
        ({"points": 1, "recipient": 217}, [("/recipient", "not_text")]),
        ({"points": 1, "recipient": "email:ana"}, [("/recipient", "not_a_recipient")]),
        ({"points": 1, "parts": [{"points": 1}, {"points": "1", "x": 1}]},
         [("/parts/1/points", "points_out_of_range"), ("/parts/1/x", "unknown_member")]),
        ([], [("", "invalid")]),
        ([{"points": 1}], [("", "invalid")]),
        ("text", [("", "invalid")]),
        (None, [("", "null")]),
        ({"points": 1, "value": {"amount": 25, "currency": "EUR"}}, [("/value", "not_money")]),
        ({"points": 1, "value": {"amount": "25.001", "currency": "EUR"}}, [("/value", "not_an_amount")]),
        ({"points": 1, "value": {"amount": "25.00", "currency": "XXZ"}}, [("/value", "unknown_currency")]),
    ],
)  # fmt: skip
def test_each_member_that_cannot_be_taken_is_named(http, body, errors):
    response = post(http, json.dumps(body).encode())
    found = [(error["pointer"], error["code"]) for error in response.json()["errors"]]
    assert (response.status_code, sorted(found)) == (422, errors)


def test_several_findings_are_an_invalid_request_with_their_sentences(http):
    body = post(http, b'{"poinst": 5}').json()
    assert body["code"] == "invalid_request"
    assert body["detail"] == (
        "/points: This field is required. "
        "/poinst: Not known here. Members: recipient, points, reason, metadata, parts, value."
    )


@pytest.mark.parametrize("name", ["00217", "email:ana@acme.example", "scim:00u1 x", "E-1/2", "é"])
def test_a_recipient_is_taken_as_written(http, name):
    assert http.post(GIFTS, {"points": 1, "recipient": name}).json()["recipient"] == name


@pytest.mark.parametrize(("amount", "currency"), [("25.00", "EUR"), ("250", "JPY"), ("1.250", "KWD")])
def test_money_goes_in_and_out_alike(http, amount, currency):
    value = {"amount": amount, "currency": currency}
    assert http.post(GIFTS, {"points": 1, "value": value}).json()["value"] == value


def test_no_body_is_an_empty_one(http):
    response = http.post(GIFTS)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/points")
