"""The ways to a person beside the inbox: one folder and one line here for each."""

from typing import cast

from messaging.channels.contract import ChannelModule
from messaging.channels.email import channel as email
from messaging.channels.slack import channel as slack
from messaging.channels.teams import channel as teams
from messaging.enums import Channel

CHANNELS: dict[str, ChannelModule] = {
    Channel.EMAIL: cast(ChannelModule, email),
    Channel.SLACK: cast(ChannelModule, slack),
    Channel.TEAMS: cast(ChannelModule, teams),
}


def ready() -> set[str]:
    """Return the names of the channels that are set up."""
    return {name for name, channel in CHANNELS.items() if channel.ready()}
