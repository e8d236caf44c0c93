"""Where client systems want to be told, and what they know us by."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from api import ids
from api.errors import NotFound
from api.models import ApiClient
from messaging import queries, representations, signatures, webhook_urls
from messaging.enums import WEBHOOK_TEST, Channel, DisabledBecause, WebhookDeliveryStatus, WebhookEndpointStatus
from messaging.errors import TooManyWebhookEndpoints, TwoWebhookSecrets, WebhookEndpointDisabled
from messaging.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from messaging.operations.webhook_events import webhooks_waker
from vault import encryption

log = structlog.get_logger(__name__)
ENDPOINTS_MAX = 20  # of a client
PREVIOUS_EXPIRES_IN = timedelta(days=1)
PREVIOUS_EXPIRES_IN_MAX = timedelta(days=30)
STOPPED = "The endpoint is disabled. Enable it, then send this again."


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint and its newest secret: the only time that it can be seen."""

    endpoint: WebhookEndpoint
    secret: str


def create(*, client: ApiClient, url: str, types: Sequence[str], description: str = "", at: datetime) -> NewSecret:
    """Let a client system be told of what happens from now on.

    Args:
        client: whose it is; it is told of the programmes that it may use.
        url: where events are posted; https, unless the host is allowed otherwise.
        types: what it listens to, at least one of `WebhookType`.
        description: what it is, for people.
        at: now.

    Raises:
        WebhookUrlRefused: nothing can be sent there.
        TooManyWebhookEndpoints: the client has twenty.
    """
    webhook_urls.check(url)
    secret = signatures.new_secret()
    key = ids.new()
    with transaction.atomic():
        ApiClient.objects.select_for_update(no_key=True).only("pk").get(pk=client.pk)  # they count one after the other
        if WebhookEndpoint.objects.filter(client=client).count() >= ENDPOINTS_MAX:
            raise TooManyWebhookEndpoints(f"This client has {ENDPOINTS_MAX} endpoints. Change one of them instead.")
        endpoint = WebhookEndpoint.objects.create(
            pk=key,
            client=client,
            url=url,
            types=list(dict.fromkeys(types)),
            description=description,
            secret=encryption.encrypt(secret, context=_context(key)),
            secret_changed_at=at,
            created_at=at,
        )
    return NewSecret(endpoint, secret)


def change(endpoint_id: UUID, *, client: ApiClient | None = None, at: datetime, **changes: Any) -> WebhookEndpoint:
    """Give an endpoint another `url`, `types` or `description`, whichever are given.

    What waits for it goes to the new address too, at once.

    Args:
        endpoint_id: which.
        client: whose it has to be; None where a person does it.
        at: now.

    Raises:
        NotFound: there is none, or it is another client's.
        WebhookUrlRefused: nothing can be sent there.
    """
    if "url" in changes:
        webhook_urls.check(changes["url"])
    with transaction.atomic():
        endpoint = _lock(endpoint_id, client)
        for name in changes.keys() & {"url", "types", "description"}:
            setattr(endpoint, name, changes[name])
        endpoint.failing_since, endpoint.resting_until = None, None
        endpoint.save(update_fields=["url", "types", "description", "failing_since", "resting_until"])
        WebhookDelivery.objects.filter(
            endpoint=endpoint, status=WebhookDeliveryStatus.PENDING, next_attempt_at__gt=at
        ).update(next_attempt_at=at)
        webhooks_waker.on_commit()
    return endpoint


def rotate_secret(
    endpoint_id: UUID,
    *,
    client: ApiClient | None = None,
    previous_expires_in: timedelta = PREVIOUS_EXPIRES_IN,
    at: datetime,
) -> NewSecret:
    """Give an endpoint a new secret. Until the old one ends, each event carries a signature by either.

    Args:
        endpoint_id: which.
        client: whose it has to be; None where a person does it.
        previous_expires_in: how long the old one goes on signing, 30 days at most; nothing ends every older one now.
        at: now.

    Raises:
        NotFound: there is none, or it is another client's.
        TwoWebhookSecrets: it has two already, and the older one is not to end now.
    """
    secret = signatures.new_secret()
    with transaction.atomic():
        endpoint = _lock(endpoint_id, client)
        if previous_expires_in and endpoint.has_two_secrets(at):
            raise TwoWebhookSecrets(
                f"The older one signs until {representations.moment(endpoint.previous_secret_expires_at)}."
            )
        endpoint.previous_secret = endpoint.secret if previous_expires_in else None
        endpoint.previous_secret_expires_at = at + previous_expires_in
        endpoint.secret, endpoint.secret_changed_at = encryption.encrypt(secret, context=_context(endpoint.pk)), at
        endpoint.save(update_fields=["secret", "secret_changed_at", "previous_secret", "previous_secret_expires_at"])
    return NewSecret(endpoint, secret)


def secrets_of(endpoint: WebhookEndpoint, *, at: datetime) -> list[str]:
    """Return the secrets that sign now, the newest first.

    Raises:
        DecryptionError: the key that encrypted one is gone.
    """
    kept = [endpoint.secret, *([endpoint.previous_secret] if endpoint.has_two_secrets(at) else [])]
    return [encryption.decrypt(bytes(each), context=_context(endpoint.pk)) for each in kept if each]


def disable(
    endpoint_id: UUID,
    *,
    client: ApiClient | None = None,
    because: DisabledBecause = DisabledBecause.ASKED,
    at: datetime,
) -> WebhookEndpoint:
    """Tell an endpoint nothing more. What waited for it is dead, to be sent again by hand once it is enabled.

    Where nobody asked for it (`because`), those who look after endpoints are told. Runs twice without harm.

    Raises:
        NotFound: there is none, or it is another client's.
    """
    with transaction.atomic():
        endpoint = _lock(endpoint_id, client)
        if endpoint.status == WebhookEndpointStatus.DISABLED:
            return endpoint
        endpoint.status, endpoint.disabled_at, endpoint.disabled_because = WebhookEndpointStatus.DISABLED, at, because
        endpoint.save(update_fields=["status", "disabled_at", "disabled_because"])
        waiting = Q(status=WebhookDeliveryStatus.PENDING) | Q(
            status=WebhookDeliveryStatus.SENDING,
            next_attempt_at__lte=at,  # by a worker that died
        )
        stopped = WebhookDelivery.objects.filter(waiting, endpoint=endpoint).update(
            status=WebhookDeliveryStatus.DEAD, last_error=STOPPED
        )
        if because != DisabledBecause.ASKED:
            _tell_disabled(endpoint, stopped, at=at)
    log.info("webhook_endpoint_disabled", endpoint=str(endpoint.pk), because=str(because), stopped=stopped)
    return endpoint


def enable(endpoint_id: UUID, *, client: ApiClient | None = None) -> WebhookEndpoint:
    """Tell an endpoint again what happens from now on. Runs twice without harm.

    Raises:
        NotFound: there is none, or it is another client's.
    """
    with transaction.atomic():
        endpoint = _lock(endpoint_id, client)
        endpoint.status, endpoint.disabled_at, endpoint.disabled_because = WebhookEndpointStatus.ENABLED, None, ""
        endpoint.failing_since, endpoint.resting_until = None, None
        endpoint.save(update_fields=["status", "disabled_at", "disabled_because", "failing_since", "resting_until"])
    return endpoint


def send_test(endpoint_id: UUID, *, client: ApiClient | None = None, at: datetime) -> WebhookDelivery:
    """Send an endpoint an event of the type `webhook_endpoint.test`, to which it need not listen; its data is itself.

    Args:
        endpoint_id: which.
        client: whose it has to be; None where a person does it.
        at: now.

    Raises:
        NotFound: there is none, or it is another client's.
        WebhookEndpointDisabled: nothing is sent to it.
    """
    with transaction.atomic():
        endpoint = _lock(endpoint_id, client)
        if endpoint.status == WebhookEndpointStatus.DISABLED:
            raise WebhookEndpointDisabled("Enable it first, then send the test.")
        data = representations.webhook_endpoint(endpoint)
        body = {"type": WEBHOOK_TEST, "timestamp": representations.moment(at), "data": data}
        event = WebhookEvent.objects.create(type=WEBHOOK_TEST, body=json.dumps(body), created_at=at)
        delivery = WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_attempt_at=at)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(resting_until=None)  # whoever tests wants to know now
        webhooks_waker.on_commit()
    return delivery


def _lock(endpoint_id: UUID, client: ApiClient | None) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True).select_related("client__oauth")
    mine = rows.filter(pk=endpoint_id, **({"client": client} if client else {})).first()
    if mine is None:
        raise NotFound("There is no such webhook endpoint.")
    return mine


def _context(key: UUID) -> str:
    return f"messaging.webhookendpoint:{key}"


def _tell_disabled(endpoint: WebhookEndpoint, stopped: int, *, at: datetime) -> None:
    """Tell those who look after endpoints that one is told nothing more, though nobody asked for it."""
    told = NewMessage(
        person_id=endpoint.pk,
        kind="webhook_endpoint_disabled",
        title=f"{endpoint.client} is told nothing more at {endpoint}",
        body=f"{endpoint.get_disabled_because_display()}. {stopped + 1} events wait to be sent again. Have the "
        "system mended, enable the endpoint, and send them again.",
        path=f"/admin/messaging/webhookendpoint/{endpoint.pk}/change/",
        reference=f"wh:{endpoint.pk.hex}:{at:%Y%m%d%H%M%S}",
        channels=tuple(Channel.values),
    )
    messages.tell([replace(told, person_id=each) for each in queries.webhook_keepers()], at=at)
