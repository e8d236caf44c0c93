"""What a person sets for themselves."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings

from people.models import Person

THEMES = [("", "As my device"), ("light", "Light"), ("dark", "Dark")]


class SettingsForm(forms.ModelForm[Person]):
    """How the portal speaks to a person. Name, e-mail and department are HR's to change."""

    theme = forms.ChoiceField(choices=THEMES, required=False)

    class Meta:
        model = Person
        fields = ["language", "time_zone", "marks_birthday"]
        widgets = {"marks_birthday": forms.CheckboxInput(attrs={"class": "switch", "role": "switch"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(choices=settings.LANGUAGES)
        self.fields["time_zone"] = forms.ChoiceField(choices=[(name, _words(name)) for name in sorted(_zones())])


def _zones() -> set[str]:
    return {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))} | {
        "UTC"
    }


def _words(name: str) -> str:
    return name.replace("_", " ")
