"""Long-lived tokens that a person makes for a system that cannot do OAuth."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.idp.oidc.models import Token
from django.db import transaction

from api.errors import InvalidApiKey
from api.models import ApiClient, ApiKey

PREFIX: Final = "rpk_"  # lets scanners for leaked secrets know one
KEY_BYTES: Final = 32
HINT_LENGTH: Final = 4
LIFETIME_MAX: Final = timedelta(days=366)
NAME_LENGTH_MAX: Final = 100
SLUG: Final = re.compile(r"[-a-zA-Z0-9_]{1,80}")  # what a programme may be called by


@dataclass(frozen=True, kw_only=True, slots=True)
class NewApiKey:
    """A key just made, with its value: the only time that it can be seen."""

    api_key: ApiKey
    value: str


def make(
    client_id: str,
    *,
    name: str,
    scopes: Sequence[str],
    programmes: Sequence[str] = (),
    expires_at: datetime,
    at: datetime,
) -> NewApiKey:
    """Make a key of a client: a bearer token with some of the client's scopes, for some of its programmes.

    Args:
        client_id: which client.
        name: which system it is for.
        scopes: what it is good for; all of them the client's own.
        programmes: slugs of those it is held to, all of them the client's own; none is all of the client's.
        expires_at: when it ends; within a year and a day.
        at: now.

    Raises:
        InvalidApiKey: the name, a scope, a programme or the end cannot be.
    """
    value = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    with transaction.atomic():
        api_client = ApiClient.objects.select_related("oauth").select_for_update().get(pk=client_id)
        check(api_client, name=name, scopes=scopes, programmes=programmes, expires_at=expires_at, at=at)
        token = Token(client_id=client_id, type=Token.Type.ACCESS_TOKEN, expires_at=expires_at, created_at=at)
        token.set_value(value)
        token.set_scopes(list(scopes))
        token.save(force_insert=True)
        api_key = ApiKey.objects.create(
            client=api_client,
            name=name,
            scopes=list(scopes),
            programmes=list(programmes),
            hash=token.hash,
            hint=value[-HINT_LENGTH:],
            expires_at=expires_at,
            created_at=at,
        )
    return NewApiKey(api_key=api_key, value=value)


def revoke(api_key_id: int, *, at: datetime) -> None:
    """End a key at once and for ever."""
    with transaction.atomic():
        api_key = ApiKey.objects.select_for_update().get(pk=api_key_id)
        Token.objects.filter(hash=api_key.hash).delete()
        if api_key.revoked_at is None:
            api_key.revoked_at = at
            api_key.save(update_fields=["revoked_at"])


def narrow_programmes(client_id: str, programmes: Sequence[str], *, at: datetime) -> None:
    """Leave a client's keys only these programmes; one that was held to others alone is revoked.

    The caller has locked the client.

    Args:
        client_id: which client.
        programmes: those it may use from now on, at least one.
        at: now.
    """
    for api_key in ApiKey.objects.filter(client_id=client_id, revoked_at=None).exclude(programmes=[]):
        left = [slug for slug in api_key.programmes if slug in programmes]
        if not left:  # an empty list would open all of the client's
            revoke(api_key.pk, at=at)
        elif left != api_key.programmes:
            api_key.programmes = left
            api_key.save(update_fields=["programmes"])


def narrow(client_id: str, scopes: Sequence[str], *, at: datetime) -> None:
    """End a client's tokens, and leave its keys only these scopes; one that is left none is revoked.

    The caller has locked the client.
    """
    live = {api_key.hash: api_key for api_key in ApiKey.objects.filter(client_id=client_id, revoked_at=None)}
    Token.objects.filter(client_id=client_id).exclude(hash__in=live).delete()
    for token in Token.objects.filter(client_id=client_id):
        api_key = live[token.hash]
        left = [scope for scope in api_key.scopes if scope in scopes]
        if not left:
            revoke(api_key.pk, at=at)
        elif left != api_key.scopes:
            token.set_scopes(left)
            token.save(update_fields=["scopes"])
            api_key.scopes = left
            api_key.save(update_fields=["scopes"])


def check(
    api_client: ApiClient,
    *,
    name: str,
    scopes: Sequence[str],
    programmes: Sequence[str],
    expires_at: datetime,
    at: datetime,
) -> None:
    """Go on where a client's key may be made like this.

    Args:
        api_client: the client; the rest as for `make`.

    Raises:
        InvalidApiKey: it may not.
    """
    if not name.strip() or len(name) > NAME_LENGTH_MAX:
        raise InvalidApiKey(f"Give the key a name of 1 to {NAME_LENGTH_MAX} characters.", pointer="/name")
    allowed = api_client.oauth.get_scopes()
    beyond = [scope for scope in scopes if scope not in allowed]
    if beyond or not scopes:
        wrong = f'The client has no scope "{beyond[0]}".' if beyond else "A key needs a scope."
        raise InvalidApiKey(f"{wrong} Choose from: {' '.join(allowed)}.", pointer="/scopes")
    foreign = [slug for slug in programmes if not api_client.may_use(slug)]
    if foreign:
        held = f"It is held to: {', '.join(api_client.programmes)}."
        raise InvalidApiKey(f'The client may not use the programme "{foreign[0]}". {held}', pointer="/programmes")
    unreadable = [slug for slug in programmes if not SLUG.fullmatch(slug)]
    if unreadable:
        raise InvalidApiKey(f'"{unreadable[0]}" is no slug of a programme.', pointer="/programmes")
    if not at < expires_at <= at + LIFETIME_MAX:
        raise InvalidApiKey(f"A key ends within {LIFETIME_MAX.days} days from now.", pointer="/expires_at")
