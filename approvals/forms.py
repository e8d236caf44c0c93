"""What people fill in about approvals."""

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django import forms

from api.errors import PortalError
from people.models import Person
from people.queries import recipients


class AwayForm(forms.Form):
    """Who decides, from which day to which, both included and in the time zone of whoever fills it in."""

    delegate = forms.CharField(
        max_length=300,
        label="Who decides for you",
        help_text="Their e-mail address or employee number.",
    )
    starts_on = forms.DateField(label="First day away", widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label="Last day away", widget=forms.DateInput(attrs={"type": "date"}))

    def clean_delegate(self) -> Person:
        """Return who is named."""
        name = self.cleaned_data["delegate"].strip()
        asked = f"email:{name}" if "@" in name and not name.startswith("email:") else name
        person = recipients([asked]).get(asked)
        if person is None:
            raise forms.ValidationError("Nobody has this address or number. Check it.")
        return person

    def named(self, zone: tzinfo) -> dict[str, Any]:
        """Return what `delegations.name` takes: the delegate and [from, until)."""
        data = self.cleaned_data
        return {
            "delegate": data["delegate"],
            "starts_at": datetime.combine(data["starts_on"], time(), zone),
            "ends_at": datetime.combine(data["ends_on"] + timedelta(days=1), time(), zone),
        }

    def refuse(self, error: PortalError) -> None:
        """Show why it was refused, beside its field."""
        field = {"/starts_at": "starts_on", "/ends_at": "ends_on"}.get(error.pointer or "", "delegate")
        self.add_error(field, error.detail)
