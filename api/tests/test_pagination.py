from urllib.parse import urlsplit

import pytest

from api.tests.factories import api, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
PEOPLE = "/api/v1/people"


@pytest.fixture
def http():
    return api()


def names(page):
    return [row["name"] for row in page["results"]]


def follow(http, url):
    parts = urlsplit(url)
    return http.get(f"{parts.path}?{parts.query}").json()


def test_pages_go_from_newest_to_oldest_and_back(http):
    people = [make_user().name for _ in range(5)][::-1]
    first = http.get(PEOPLE, {"limit": 2}).json()
    second = follow(http, first["next"])
    third = follow(http, second["next"])
    assert [names(page) for page in (first, second, third)] == [people[:2], people[2:4], people[4:]]
    assert (first["previous"], third["next"]) == (None, None)
    assert names(follow(http, third["previous"])) == people[2:4]


def test_a_newcomer_shifts_no_page(http):
    people = [make_user().name for _ in range(3)][::-1]
    first = http.get(PEOPLE, {"limit": 2}).json()
    make_user()
    assert names(follow(http, first["next"])) == people[2:]


def test_the_addresses_stand_in_the_link_header_too(http):
    for _ in range(3):
        make_user(name="Same")
    first = http.get(PEOPLE, {"limit": 1, "name": "Same"})
    second = http.get(first.json()["next"].removeprefix("http://testserver"))
    page = second.json()
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert second["Link"] == f'<{page["next"]}>; rel="next", <{page["previous"]}>; rel="prev"'
    assert "name=Same" in page["next"]
    assert "Link" not in http.get(PEOPLE)


def test_fifty_are_shown_unless_said_otherwise(http):
    for _ in range(51):
        make_user()
    assert len(http.get(PEOPLE).json()["results"]) == 50
    assert len(http.get(PEOPLE, {"limit": 200}).json()["results"]) == 51


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1.0", "٣", "9" * 99])
def test_a_limit_that_cannot_be_is_named(http, limit):
    response = http.get(PEOPLE, {"limit": limit})
    assert (response.status_code, [error["pointer"] for error in response.json()["errors"]]) == (422, ["/limit"])


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD1ub25zZW5zZQ==", "é", "bz05OTk5OTk5OTk=", "%00"])
def test_a_cursor_that_is_not_ours_is_named(http, cursor):
    response = http.get(PEOPLE, {"cursor": cursor})
    assert response.status_code in (200, 422)
    if cursor != "bz05OTk5OTk5OTk=":
        assert [error["pointer"] for error in response.json()["errors"]] == ["/cursor"]


def test_an_unknown_filter_is_named(http):
    response = http.get(PEOPLE, {"name": "x", "nmae": "y"})
    assert (response.status_code, [error["pointer"] for error in response.json()["errors"]]) == (422, ["/nmae"])


def test_a_longer_page_takes_no_more_queries(http, django_assert_num_queries):
    for count in (1, 3):
        for _ in range(count):
            make_user()
        with django_assert_num_queries(2):
            http.get(PEOPLE)
