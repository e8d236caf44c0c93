"""What a person fills in about messages."""

from datetime import datetime

from django import forms

from messaging import queries
from messaging.channels import CHANNELS
from messaging.enums import Channel
from messaging.operations import preferences
from people.settings_parts import SettingsPart


class ChannelsForm(SettingsPart):
    """Which ways of hearing beside the inbox a person wants.

    A switch that is off sends nothing, so the form names the switches that it showed: a channel set up since is not
    taken for one that was switched off.
    """

    template_name = "messaging/channels.html"
    shown = forms.MultipleChoiceField(choices=Channel.choices, required=False)
    channels = forms.MultipleChoiceField(choices=Channel.choices, required=False)

    @property
    def switches(self) -> list[tuple[str, str, str, bool]]:
        """Return name, label, what it is and whether it is on, of each channel that is set up."""
        return [
            (name, str(Channel(name).label), CHANNELS[name].HOW, is_on)
            for name, is_on in queries.choices(self.person).items()
        ]

    def keep(self, *, at: datetime) -> None:
        """Keep what was chosen."""
        on = self.cleaned_data["channels"]
        preferences.choose(
            person=self.person, channels={name: name in on for name in self.cleaned_data["shown"]}, at=at
        )
