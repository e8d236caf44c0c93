import pytest
from django.utils import timezone

from api.tests.factories import api, make_client, make_token, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
GIFTS = "/api/v1/gifts"


def test_no_token_is_401_with_a_plain_challenge(client):
    response = client.get(GIFTS)
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="Rewards Portal"'


@pytest.mark.parametrize("header", ["Bearer", "Bearer nonsense", "bearer  ", "Bearer é", "Bearer " + "x" * 9000])
def test_a_bad_token_is_401_invalid_token(client, header):
    response = client.get(GIFTS, HTTP_AUTHORIZATION=header)
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="Rewards Portal", error="invalid_token"'


@pytest.mark.parametrize("header", ["Basic YTpi", "", "Token x"])
def test_another_scheme_is_no_token(client, header):
    assert client.get(GIFTS, HTTP_AUTHORIZATION=header).json()["code"] == "not_authenticated"


def test_a_session_is_no_token(client):
    client.force_login(make_user(is_superuser=True))
    assert client.get(GIFTS).status_code == 401


@pytest.mark.parametrize("with_header", [False, True])
def test_a_token_in_the_address_is_refused(client, with_header):
    token = make_token(make_client())
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if with_header else {}
    response = client.get(GIFTS, {"access_token": token}, **headers)
    assert (response.status_code, response.json()["code"]) == (401, "token_in_address")
    assert token not in response.content.decode()


def test_the_scheme_is_written_in_any_case(client):
    token = make_token(make_client())
    assert client.get(GIFTS, HTTP_AUTHORIZATION=f"bearer {token}").status_code == 200


def test_an_expired_token_is_401(client):
    token = make_token(make_client(), expires_at=timezone.now())
    response = client.get(GIFTS, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")


def test_the_caller_is_the_client(rf):
    from rest_framework.request import Request

    from api.authentication import BearerAuthentication

    caller = make_client(["points:read"], per_minute=7, programmes=["a"])
    request = Request(rf.get("/", HTTP_AUTHORIZATION=f"Bearer {make_token(caller)}"))
    user, scopes = BearerAuthentication().authenticate(request)
    assert (user, user.per_minute, user.programmes, str(user)) == (caller, 7, ["a"], caller.oauth.name)
    assert scopes == frozenset({"points:read"})
    assert "secret" in user.oauth.get_deferred_fields()


def test_a_call_asks_the_database_once(django_assert_num_queries):
    http = api()
    with django_assert_num_queries(1):
        assert http.get(GIFTS).status_code == 200


def test_a_client_with_programmes_may_use_those_alone():
    held, free = make_client(programmes=["a", "b"]), make_client()
    assert [held.may_use(slug) for slug in "abc"] == [True, True, False]
    assert free.may_use("c")
