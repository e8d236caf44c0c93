"""An operation that will end says so, in every answer and in the OpenAPI document."""

from datetime import date

import pytest
from drf_spectacular.generators import SchemaGenerator

from api.deprecation import Deprecation
from api.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
PATH = "/api/v1/ending"
GUIDE = '<http://127.0.0.1:8000/problems/>; rel="deprecation"; type="text/html"'
SAID = ["Deprecation", "Sunset", "Link"]
ENDS = ["@1798761600", "Thu, 01 Jul 2027 00:00:00 GMT", GUIDE]


@pytest.fixture(autouse=True)
def _base_url(settings):
    settings.BASE_URL = "http://127.0.0.1:8000"


def said(response):
    return [response.get(name) for name in SAID]


def test_every_answer_says_since_when_until_when_and_what_instead():
    assert said(factories.api().get(PATH)) == ENDS


@pytest.mark.parametrize(
    ("http", "status"),
    [
        (lambda: factories.api(scopes=["points:read"]), 403),
        (lambda: factories.APIClient(raise_request_exception=False), 401),
    ],
)
def test_problems_say_it_too(http, status):
    response = http().get(PATH)
    assert (response.status_code, *said(response)) == (status, *ENDS)


def test_pages_keep_their_links_beside_it():
    for _ in range(2):
        factories.make_user()
    links = factories.api().get(PATH, {"limit": 1})["Link"]
    assert ('rel="next"' in links, links.endswith(f", {GUIDE}")) == (True, True)


def test_without_a_sunset_none_is_said_and_a_replay_says_it_once():
    http = factories.api()
    answers = [http.post(PATH, {"name": "x"}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [said(answer) for answer in answers] == [["@1798761600", None, GUIDE]] * 2


def test_other_methods_say_nothing():
    assert said(factories.api().put(PATH)) == [None, None, None]


def test_openapi_marks_it_and_tells_when_it_ends():
    operations = SchemaGenerator(urlconf="api.tests.urls").get_schema(request=None, public=True)["paths"][PATH]
    assert [operations[method].get("deprecated") for method in ("get", "post", "put")] == [True, True, None]
    assert operations["get"]["description"] == (
        "Deprecated since 2027-01-01 and may be gone from 2027-07-01: [what to use instead](/problems/). All of them."
    )


def test_too_short_a_notice_is_refused():
    with pytest.raises(ValueError, match="at least 180 days"):
        Deprecation(since=date(2027, 1, 1), sunset=date(2027, 6, 29), guide="/problems/")
