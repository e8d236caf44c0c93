"""What opens the API, and for how long: two secrets of a client, its end, and long-lived keys."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from api.authentication import _row
from api.errors import InvalidApiKey, TwoSecretsLive
from api.models import ApiClient, ApiKey
from api.operations import api_keys, clients
from api.tests.factories import api, make_client, make_user

pytestmark = [pytest.mark.django_db]
PATH = "/api/v1/points-requests"
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def made(now):
    return clients.create(name="SAP", scopes=["points:read", "points:write"], at=now)


@pytest.fixture
def staff(client):
    person = make_user(is_staff=True)
    person.groups.add(Group.objects.get(name="Integrations"))
    client.force_login(person)
    return client


def opens(client, client_id, secret):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return client.post("/oauth/token", form).status_code == 200


def got_in(client, value):
    return client.get(PATH, HTTP_AUTHORIZATION=f"Bearer {value}").status_code


def test_both_secrets_open_until_the_old_one_is_ended(client, made, now):
    new = clients.rotate_secret(made.client_id, at=now).client_secret
    assert [opens(client, made.client_id, secret) for secret in (made.client_secret, new)] == [True, True]
    clients.end_old_secret(made.client_id, at=now)
    assert [opens(client, made.client_id, secret) for secret in (made.client_secret, new)] == [False, True]


def test_the_old_secret_ends_by_itself_where_that_was_said(client, made, now):
    clients.rotate_secret(made.client_id, at=now, old_until=now + HOUR)
    assert opens(client, made.client_id, made.client_secret)
    with time_machine.travel(now + HOUR):
        assert not opens(client, made.client_id, made.client_secret)
        clients.rotate_secret(made.client_id, at=now + HOUR)  # and makes room for another


def test_there_is_no_third_secret(made, now):
    clients.rotate_secret(made.client_id, at=now)
    with pytest.raises(TwoSecretsLive):
        clients.rotate_secret(made.client_id, at=now)


def test_a_rotation_is_in_the_history_and_no_secret_is(made, now):
    clients.rotate_secret(made.client_id, at=now)
    clients.end_old_secret(made.client_id, at=now)
    rows = list(made.api_client.events.order_by("pgh_id").values())
    assert [row["pgh_label"] for row in rows] == ["insert", "update", "update"]
    assert "sha256" not in str(rows)


def test_both_secrets_revoke_tokens(client, made, now):
    value = client.post(
        "/oauth/token",
        {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.client_secret},
    ).json()["access_token"]
    clients.rotate_secret(made.client_id, at=now)
    form = {"token": value, "client_id": made.client_id, "client_secret": made.client_secret}
    assert (client.post("/oauth/revoke", form).status_code, got_in(client, value)) == (200, 401)


def test_a_disabled_client_gets_in_with_nothing_until_it_is_enabled(client, made, now):
    http = api(made.api_client)
    key = make_key(made, now)
    assert (http.get(PATH).status_code, got_in(client, key)) == (200, 200)
    clients.disable(made.client_id, at=now)
    assert (http.get(PATH).status_code, got_in(client, key)) == (401, 401)
    assert not opens(client, made.client_id, made.client_secret)
    clients.enable(made.client_id)
    assert (http.get(PATH).status_code, opens(client, made.client_id, made.client_secret)) == (200, True)


def test_a_client_past_its_end_gets_in_with_nothing(client, now):
    ended = clients.create(name="Trial", scopes=["points:read"], expires_at=now - HOUR, at=now)
    assert api(ended.api_client).get(PATH).status_code == 401
    assert not opens(client, ended.client_id, ended.client_secret)


def test_use_is_noted_once_a_minute(made, django_assert_num_queries):
    http = api(made.api_client)
    http.get(PATH)
    first = ApiClient.objects.get().last_used_at
    http.get(PATH)
    assert (first is not None, ApiClient.objects.get().last_used_at) == (True, first)
    earlier = first - timedelta(seconds=61)
    ApiClient.objects.update(last_used_at=earlier)
    http.get(PATH)
    assert ApiClient.objects.get().last_used_at > earlier
    assert made.api_client.events.count() == 1  # no history of it


def make_key(made, now, **fields):
    given = {"name": "Legacy", "scopes": ["points:read"], "expires_at": now + YEAR} | fields
    return api_keys.make(made.client_id, **given, at=now).value


def test_a_key_is_a_token_that_lives_long(client, made, now):
    value = make_key(made, now)
    assert value.startswith("rpk_")
    assert got_in(client, value) == 200
    assert client.post(PATH, {}, HTTP_AUTHORIZATION=f"Bearer {value}").json()["code"] == "insufficient_scope"
    kept = ApiKey.objects.get()
    assert (kept.hint, value in str(kept.__dict__), kept.last_used_at is not None) == (value[-4:], False, True)


def test_a_key_ends(client, made, now):
    value = make_key(made, now, expires_at=now + HOUR)
    with time_machine.travel(now + HOUR):
        assert got_in(client, value) == 401


def test_a_revoked_key_opens_nothing_and_stays_to_be_read_about(client, made, now):
    value = make_key(made, now)
    api_keys.revoke(ApiKey.objects.get().pk, at=now)
    api_keys.revoke(ApiKey.objects.get().pk, at=now + HOUR)
    assert (got_in(client, value), ApiKey.objects.get().revoked_at) == (401, now)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["budgets:write"]}, "/scopes"),
        ({"programmes": ["Spot!"]}, "/programmes"),
        ({"programmes": ["x" * 81]}, "/programmes"),
        ({"expires_at": 0}, "/expires_at"),
        ({"expires_at": 367}, "/expires_at"),
    ],
)
def test_a_key_that_cannot_be_is_refused(made, now, wrong, pointer):
    if "expires_at" in wrong:
        wrong = {"expires_at": now + timedelta(days=wrong["expires_at"])}
    with pytest.raises(InvalidApiKey) as refused:
        make_key(made, now, **wrong)
    assert (refused.value.pointer, ApiKey.objects.count()) == (pointer, 0)


def test_a_scope_taken_from_a_client_is_taken_from_its_keys(client, made, now):
    both = make_key(made, now, scopes=["points:read", "points:write"])
    one = make_key(made, now, scopes=["points:write"])
    clients.change(made.client_id, name="SAP", scopes=["points:read"], per_minute=0, programmes=[])
    assert (got_in(client, both), got_in(client, one)) == (200, 401)
    assert [(key.scopes, key.revoked_at is None) for key in ApiKey.objects.order_by("pk")] == [
        (["points:read"], True),
        (["points:write"], False),
    ]


def programmes_of(client):
    return ApiClient.objects.get(pk=client).programmes, list(ApiKey.objects.order_by("pk").values_list("programmes"))


def test_a_key_may_be_held_to_programmes_of_its_client_alone(now):
    held = clients.create(name="SAP", scopes=["points:read"], programmes=["spot", "kudos"], at=now)
    make_key(held, now, programmes=["spot"])
    with pytest.raises(InvalidApiKey, match='may not use the programme "other"'):
        make_key(held, now, programmes=["spot", "other"])
    assert programmes_of(held.client_id) == (["spot", "kudos"], [(["spot"],)])


def test_a_key_is_seen_with_its_own_programmes_else_with_its_clients(now, django_assert_num_queries):
    held = clients.create(name="SAP", scopes=["points:read"], programmes=["spot", "kudos"], at=now)
    values = {tuple(slugs): make_key(held, now, programmes=slugs) for slugs in ([], ["spot"])}
    with django_assert_num_queries(2):
        seen = {slugs: _row(value)[-2] for slugs, value in values.items()}
    assert seen == {(): ["spot", "kudos"], ("spot",): ["spot"]}


def test_a_programme_taken_from_a_client_is_taken_from_its_keys(client, made, now):
    wide, narrow, other = (make_key(made, now, programmes=slugs) for slugs in ([], ["spot", "kudos"], ["other"]))
    clients.change(made.client_id, name="SAP", scopes=["points:read"], per_minute=0, programmes=["kudos"])
    assert [got_in(client, value) for value in (wide, narrow, other)] == [200, 200, 401]
    assert programmes_of(made.client_id) == (["kudos"], [([],), (["kudos"],), (["other"],)])
    clients.change(made.client_id, name="SAP", scopes=["points:read"], per_minute=0, programmes=[])
    assert [got_in(client, value) for value in (wide, narrow, other)] == [200, 200, 401]


@pytest.mark.parametrize("column", ["scopes = '{}'", "expires_at = created_at"])
def test_the_database_refuses_a_key_that_cannot_be(made, now, column):
    make_key(made, now)
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="api_key_"):
        cursor.execute(f"UPDATE api_apikey SET {column}")


def act(staff, model, name, *rows):
    address = reverse(f"admin:api_{model}_changelist")
    return staff.post(address, {"action": name, "_selected_action": [str(row) for row in rows]})


def test_a_new_secret_is_shown_once_in_the_admin(staff, made):
    page = act(staff, "apiclient", "rotate_secret", made.client_id).content.decode()
    [secret] = re.findall(r"<code>([\w-]{43})</code>", page)
    assert opens(staff, made.client_id, secret)
    assert act(staff, "apiclient", "rotate_secret", made.client_id).status_code == 302  # there are two
    act(staff, "apiclient", "end_old_secret", made.client_id)
    assert not opens(staff, made.client_id, made.client_secret)


def test_only_one_client_gets_a_new_secret_at_a_time(staff, made):
    act(staff, "apiclient", "rotate_secret", made.client_id, make_client().pk)
    assert set(ApiClient.objects.values_list("previous_secret", flat=True)) == {""}


def test_clients_are_disabled_and_enabled_in_the_admin(staff, made):
    act(staff, "apiclient", "disable", made.client_id)
    assert ApiClient.objects.get().disabled_at is not None
    act(staff, "apiclient", "enable", made.client_id)
    assert ApiClient.objects.get().disabled_at is None


def key_form(made, **changed):
    end = timezone.now() + timedelta(days=30)
    return {
        "client": made.client_id,
        "name": "Legacy",
        "scopes": ["points:read"],
        "expires_at_0": end.date(),
        "expires_at_1": "12:00",
    } | changed


def test_a_key_is_made_shown_once_and_revoked_in_the_admin(staff, made):
    page = staff.post("/admin/api/apikey/add/", key_form(made, programmes="spot,kudos")).content.decode()
    [value] = re.findall(r"<code>(rpk_[\w-]{43})</code>", page)
    key = ApiKey.objects.get()
    assert key.programmes == ["spot", "kudos"]
    shown = staff.get(reverse("admin:api_apikey_change", args=[key.pk])).content.decode()
    assert (got_in(staff, value), value in shown, key.hash in shown) == (200, False, False)
    assert staff.get(reverse("admin:api_apikey_history", args=[key.pk])).status_code == 200
    act(staff, "apikey", "revoke", key.pk)
    assert got_in(staff, value) == 401


def test_a_key_that_cannot_be_is_refused_beside_its_field(staff, made):
    page = staff.post("/admin/api/apikey/add/", key_form(made, scopes=["budgets:write"])).content.decode()
    assert "The client has no scope &quot;budgets:write&quot;" in page
    assert ApiKey.objects.count() == 0


def test_an_outsider_does_nothing_with_keys(client, made, now):
    make_key(made, now)
    person = make_user(is_staff=True)
    person.groups.add(Group.objects.get(name="Finance"))
    client.force_login(person)
    assert act(client, "apikey", "revoke", ApiKey.objects.get().pk).status_code == 403
    assert client.get("/admin/api/apikey/add/").status_code == 403
