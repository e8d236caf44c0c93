"""Slack's place in the registry of channels."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from api.outbound import OutboundError
from messaging.channels.contract import Failed, Outcome, Paused, Sent, Skipped
from messaging.channels.slack import client, render
from messaging.enums import Channel
from messaging.models import Address, Delivery
from people.models import Person
from vault import encryption

HOW = "A direct message from the rewards app"
KNOWN_FOR = timedelta(days=30)
UNKNOWN_FOR = timedelta(hours=1)
UNKNOWN_PERSON = "Slack knows nobody with this person's e-mail address."
NOT_REACHABLE = {"user_disabled", "is_bot", "cannot_dm_bot", "messages_tab_disabled", "is_archived"}
ADDRESS_GONE = {"channel_not_found", "user_not_found"}


def ready() -> bool:
    """Tell whether a bot token is set."""
    return bool(settings.SLACK_BOT_TOKEN)


def where() -> str:
    """Return where Slack's Web API is."""
    return str(settings.SLACK_API_URL)


def send(delivery: Delivery) -> Outcome:
    """Find the person in Slack, by the address kept or by e-mail, and post a direct message from the app."""
    try:
        user = _address(delivery.message.person)
        if not user:
            return Skipped(UNKNOWN_PERSON)
        answer = client.post_message(render.direct_message(delivery.message, channel=user, key=str(delivery.pk)))
    except client.SlackRateLimited as limit:
        return Paused(f"Slack: {limit}.", limit.wait)
    except client.SlackError as error:
        return _refusal(error.code, delivery)
    except OutboundError as error:
        return Failed(f"Slack: {error}.")
    return Sent(f"{answer.get('channel', '')}:{answer.get('ts', '')}")


def _refusal(code: str, delivery: Delivery) -> Outcome:
    if code in NOT_REACHABLE:
        return Skipped(f"Slack: {code}.")
    if code in ADDRESS_GONE:  # the id we kept is of no use any more: look it up anew with the next attempt
        Address.objects.filter(person=delivery.message.person, channel=Channel.SLACK).delete()
    return Failed(f"Slack: {code}.")


def _address(person: Person) -> str:
    """Return the person's user id in Slack, or an empty string where Slack has no such person."""
    found_by = encryption.fingerprint(person.email.lower(), purpose="slack address")
    now = timezone.now()
    kept = Address.objects.filter(person=person, channel=Channel.SLACK, found_by=found_by).first()
    if kept and now < kept.looked_up_at + (KNOWN_FOR if kept.value else UNKNOWN_FOR):
        return kept.value
    value = _look_up(person.email)
    Address.objects.update_or_create(
        person=person, channel=Channel.SLACK, defaults={"value": value, "found_by": found_by, "looked_up_at": now}
    )
    return value


def _look_up(email: str) -> str:
    try:
        user = client.user_by_email(email)
    except client.SlackError as error:
        if error.code == "users_not_found":
            return ""
        raise
    return "" if user.get("deleted") or user.get("is_bot") else str(user["id"])
