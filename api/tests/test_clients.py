import json

import pytest
from allauth.idp.oidc.models import Client
from django.core.management import CommandError, call_command
from django.utils import timezone

from api.errors import InvalidClient, UnknownScope
from api.models import ApiClient
from api.operations import clients

pytestmark = pytest.mark.django_db


def create(**fields):
    return clients.create(**{"name": "HR", "scopes": ["points:write"], "at": timezone.now()} | fields)


def test_a_client_has_what_it_was_given():
    made = create(scopes=["points:write", "points:read", "points:write"], per_minute=0, programmes=["a"])
    stored = ApiClient.objects.select_related("oauth").get(pk=made.client_id)
    assert (stored.oauth.name, stored.per_minute, stored.programmes) == ("HR", 0, ["a"])
    assert stored.oauth.get_scopes() == made.scopes == ["points:write", "points:read"]
    assert stored.oauth.get_grant_types() == ["client_credentials"]


def test_the_secret_is_not_stored():
    made = create()
    assert made.client_secret not in str(Client.objects.values())
    assert len(made.client_secret) == 43
    assert Client.objects.get().check_secret(made.client_secret)
    assert not Client.objects.get().check_secret(made.client_secret[:-1])


@pytest.mark.parametrize("scopes", [["points:wirte"], [], ["openid"]])
def test_an_unknown_scope_or_none_is_refused(scopes):
    with pytest.raises(UnknownScope):
        create(scopes=scopes)
    assert Client.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"per_minute": -1}, "/per_minute"),
        ({"programmes": ["No Slug"]}, "/programmes"),
    ],
)
def test_what_cannot_be_is_refused(fields, pointer):
    with pytest.raises(InvalidClient) as raised:
        create(**fields)
    assert raised.value.pointer == pointer


def test_the_command_prints_one_json_object(capsys):
    call_command(
        "create_api_client", "HR", "--scopes", "points:write events:write", "--per-minute", "0", "--programmes", "a,b"
    )
    printed = json.loads(capsys.readouterr().out)
    stored = ApiClient.objects.get()
    assert printed == {
        "client_id": stored.pk,
        "client_secret": printed["client_secret"],
        "scopes": ["points:write", "events:write"],
    }
    assert stored.oauth.check_secret(printed["client_secret"])
    assert (stored.per_minute, stored.programmes) == (0, ["a", "b"])


def test_the_command_refuses_a_bad_scope_in_one_sentence(capsys):
    with pytest.raises(CommandError) as raised:
        call_command("create_api_client", "HR", "--scopes", "points:wirte")
    assert str(raised.value).startswith('There is no scope "points:wirte". Choose from: points:write points:read ')
    assert raised.value.returncode == 1
    assert capsys.readouterr().out == ""
