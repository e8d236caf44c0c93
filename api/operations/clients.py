"""Systems that call the API."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.idp.oidc.models import Client
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from api.errors import InvalidClient, TwoSecretsLive, UnknownScope
from api.hashers import ClientSecretHasher
from api.models import ApiClient
from api.oauth import SCOPES
from api.operations import api_keys

SECRET_BYTES: Final = 32
PER_MINUTE_MAX: Final = 1_000_000
NAME_LENGTH_MAX: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class NewClient:
    """A client just made, with its secret: the only time that it can be seen."""

    api_client: ApiClient
    client_id: str
    client_secret: str
    scopes: list[str]


def create(
    *,
    name: str,
    scopes: Sequence[str],
    per_minute: int = 600,
    programmes: Sequence[str] = (),
    expires_at: datetime | None = None,
    at: datetime,
) -> NewClient:
    """Make a client that gets tokens by client credentials (RFC 6749 §4.4).

    Args:
        name: what the admin shows.
        scopes: what its tokens may be good for; a token call that names none gets all of them.
        per_minute: requests a minute; 0 is no limit.
        programmes: slugs of the programmes it is held to; none is all of them.
        expires_at: from when on it gets in no more; None for never.
        at: when.

    Raises:
        UnknownScope: a scope is not one of ours, or there is none.
        InvalidClient: a name, limit or slug cannot be.
    """
    wanted = list(dict.fromkeys(scopes))
    _check(name, wanted, per_minute, programmes)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client = Client(
        name=name,
        secret=make_password(secret, hasher=ClientSecretHasher.algorithm),
        type=Client.Type.CONFIDENTIAL,
        grant_types=Client.GrantType.CLIENT_CREDENTIALS,
        response_types="",
        created_at=at,
    )
    client.set_scopes(wanted)
    client.set_default_scopes(wanted)
    with transaction.atomic():
        client.save(force_insert=True)
        api_client = ApiClient.objects.create(
            oauth=client, per_minute=per_minute, programmes=list(programmes), expires_at=expires_at
        )
    return NewClient(api_client=api_client, client_id=client.id, client_secret=secret, scopes=wanted)


def rotate_secret(client_id: str, *, at: datetime, old_until: datetime | None = None) -> NewClient:
    """Give a client a new secret beside the one it has, so that its systems can be changed over without a gap.

    Args:
        client_id: which client.
        at: now.
        old_until: when the old one ends by itself; None for when `end_old_secret` says so.

    Raises:
        TwoSecretsLive: it has two already.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        api_client = ApiClient.objects.select_related("oauth").select_for_update().get(pk=client_id)
        if api_client.has_two_secrets(at):
            raise TwoSecretsLive("End the older secret first: a client has at most two.")
        client = api_client.oauth
        api_client.previous_secret, api_client.previous_secret_expires_at = client.secret, old_until
        api_client.secret_changed_at = at
        api_client.save(update_fields=["previous_secret", "previous_secret_expires_at", "secret_changed_at"])
        client.secret = make_password(secret, hasher=ClientSecretHasher.algorithm)
        client.save(update_fields=["secret"])
    return NewClient(api_client=api_client, client_id=client_id, client_secret=secret, scopes=client.get_scopes())


def end_old_secret(client_id: str, *, at: datetime) -> None:
    """Let only a client's newest secret open."""
    with_two = ApiClient.objects.filter(pk=client_id).exclude(previous_secret="")
    with_two.update(previous_secret="", previous_secret_expires_at=at)


def disable(client_id: str, *, at: datetime) -> None:
    """Let a client in no more, with no token, key or secret, until it is enabled."""
    ApiClient.objects.filter(pk=client_id, disabled_at=None).update(disabled_at=at)


def enable(client_id: str) -> None:
    """Let a client in again, with what it has."""
    ApiClient.objects.filter(pk=client_id).update(disabled_at=None)


def change(
    client_id: str,
    *,
    name: str,
    scopes: Sequence[str],
    per_minute: int,
    programmes: Sequence[str],
    expires_at: datetime | None = None,
) -> ApiClient:
    """Give a client another name, other scopes, limits or programmes.

    Where a scope is taken away, its live tokens go too: they hold what they were given. Its API keys lose the scope.
    Those held to programmes that it may use no more lose these.

    Args:
        client_id: which client; the rest as for `create`.

    Raises:
        UnknownScope: a scope is not one of ours, or there is none.
        InvalidClient: a name, limit or slug cannot be.
    """
    wanted = list(dict.fromkeys(scopes))
    _check(name, wanted, per_minute, programmes)
    with transaction.atomic():
        client = Client.objects.select_for_update().get(pk=client_id)
        if set(client.get_scopes()) - set(wanted):
            api_keys.narrow(client_id, wanted, at=timezone.now())
        if programmes:
            api_keys.narrow_programmes(client_id, programmes, at=timezone.now())
        client.name = name
        client.set_scopes(wanted)
        client.set_default_scopes(wanted)
        client.save(update_fields=["name", "scopes", "default_scopes"])
        api_client = ApiClient.objects.select_for_update().get(pk=client_id)
        api_client.per_minute, api_client.programmes = per_minute, list(programmes)
        api_client.expires_at = expires_at
        api_client.save(update_fields=["per_minute", "programmes", "expires_at"])
    return api_client


def _check(name: str, scopes: Sequence[str], per_minute: int, programmes: Sequence[str]) -> None:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        wrong = f'There is no scope "{unknown[0]}".' if unknown else "A client needs a scope."
        raise UnknownScope(f"{wrong} Choose from: {' '.join(SCOPES)}.", pointer="/scopes")
    if not name.strip() or len(name) > NAME_LENGTH_MAX:
        raise InvalidClient(f"Give the client a name of 1 to {NAME_LENGTH_MAX} characters.", pointer="/name")
    if not 0 <= per_minute <= PER_MINUTE_MAX:
        detail = f"Requests a minute are 0 (no limit) to {PER_MINUTE_MAX:,}; {per_minute} is not."
        raise InvalidClient(detail, pointer="/per_minute")
    for slug in programmes:
        if not api_keys.SLUG.fullmatch(slug):
            raise InvalidClient(f'"{slug}" is no slug of a programme.', pointer="/programmes")
