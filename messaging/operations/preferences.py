"""What a person chooses to hear by."""

from collections.abc import Mapping
from datetime import datetime

from messaging import queries
from messaging.models import ChannelPreference
from people.models import Person


def choose(*, person: Person, channels: Mapping[str, bool], at: datetime) -> None:
    """Switch channels on and off for a person; those not named, not set up, or as they are already, are left alone.

    Args:
        person: whose choice it is.
        channels: on or off, by the channel's name.
        at: now.
    """
    now = queries.choices(person)
    changed = [
        ChannelPreference(person=person, channel=channel, is_on=is_on, changed_at=at)
        for channel, is_on in channels.items()
        if channel in now and now[channel] != is_on
    ]
    ChannelPreference.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["person", "channel"],
        update_fields=["is_on", "changed_at"],
    )
