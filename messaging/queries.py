"""What is read about messages in more than one place."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from api import ids
from api.models import ApiClient
from messaging import channels
from messaging.models import ChannelPreference, Message, WebhookDelivery, WebhookEndpoint
from people.enums import PersonStatus
from people.models import Person


def unread(person: Person) -> int:
    """Return how many of a person's messages are unread."""
    return Message.objects.filter(person=person, read_at=None).count()


def inbox(person: Person, *, limit: int = 30, before: UUID | None = None) -> list[Message]:
    """Return a person's messages, newest first; the cost of a page does not grow with its number.

    Args:
        person: whose inbox.
        limit: at most so many.
        before: the last message of the page before; one that is not theirs gives an empty page.
    """
    mine = Message.objects.filter(person=person)
    if before is not None:
        last = mine.filter(pk=before).first()
        if last is None:
            return []
        at = last.created_at  # several messages may share a moment: their ids order those
        mine = mine.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=last.pk), created_at__lte=at)
    return list(mine.order_by("-created_at", "-pk")[:limit])


def is_off(person: Person, channel: str) -> bool:
    """Return whether a person has switched a channel off."""
    return ChannelPreference.objects.filter(person=person, channel=channel, is_on=False).exists()


def choices(person: Person) -> dict[str, bool]:
    """Return whether each channel that is set up is on for a person, in the order of the registry."""
    chosen = dict(ChannelPreference.objects.filter(person=person).values_list("channel", "is_on"))
    ready = channels.ready()
    return {str(channel): chosen.get(channel, True) for channel in channels.CHANNELS if channel in ready}


def webhook_endpoints(client: ApiClient) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of a client, without their secrets."""
    return WebhookEndpoint.objects.filter(client=client).defer("secret", "previous_secret")


def webhook_deliveries(
    client: ApiClient,
    *,
    endpoint: UUID | None = None,
    status: str | None = None,
    type: str | None = None,  # noqa: A002 - its name in the JSON
    created_after: datetime | None = None,
) -> QuerySet[WebhookDelivery]:
    """Return the deliveries to a client's endpoints, narrowed down by the members of their JSON."""
    filters = {
        "endpoint_id": endpoint,
        "status": status,
        "event__type": type,
        "pk__gte": ids.first_at(created_after) if created_after else None,
    }
    rows = WebhookDelivery.objects.filter(endpoint__client=client).select_related("event")
    return rows.filter(**{name: value for name, value in filters.items() if value is not None})


def webhook_keepers() -> list[UUID]:
    """Return the people who look after webhook endpoints: active, let into the admin, and allowed to change one."""
    may = Q(groups__permissions__codename="change_webhookendpoint") | Q(
        user_permissions__codename="change_webhookendpoint"
    )
    people = Person.objects.filter(may, status=PersonStatus.ACTIVE, is_staff=True)
    return list(people.order_by("pk").values_list("pk", flat=True).distinct())
