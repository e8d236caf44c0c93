"""What a person fills in about messages."""

from datetime import datetime

from django import forms
from django.utils.functional import cached_property

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

    @cached_property
    def switches(self) -> list[tuple[str, str, str, bool]]:
        """Return name, label, what it is and whether it is on, of each channel that is set up.

        A form that came back because something else on the page was wrong shows what was posted.
        """
        return [
            (name, str(Channel(name).label), CHANNELS[name].HOW, name in self._posted if self.is_bound else is_on)
            for name, is_on in queries.choices(self.person).items()
        ]

    @property
    def _posted(self) -> list[str]:
        return [str(name) for name in self["channels"].data or ()]

    def keep(self, *, at: datetime) -> None:
        """Keep what was chosen."""
        on = self.cleaned_data["channels"]
        preferences.choose(
            person=self.person, channels={name: name in on for name in self.cleaned_data["shown"]}, at=at
        )
