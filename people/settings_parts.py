"""Parts of the settings page that rooms above this one bring.

This room cannot know them, so each comes to it: a room registers its part from its AppConfig, and the page shows every
part and keeps them all with its one button.
"""

from datetime import datetime
from typing import Any

from django import forms

from people.models import Person


class SettingsPart(forms.Form):
    """One part of a person's settings: a form that renders itself with its `template_name`.

    Args:
        data: what was posted, or None to show what holds now.
        person: whose settings.
    """

    def __init__(self, data: Any = None, *, person: Person) -> None:
        super().__init__(data)
        self.person = person

    def keep(self, *, at: datetime) -> None:
        """Keep what was chosen. Called on a valid form, in a transaction.

        Args:
            at: now.
        """
        raise NotImplementedError


PARTS: list[type[SettingsPart]] = []


def register(part: type[SettingsPart]) -> None:
    """Show this part on the settings page, once."""
    if part not in PARTS:
        PARTS.append(part)
