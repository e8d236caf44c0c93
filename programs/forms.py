"""What colleagues fill in to recognise each other."""

from typing import Any
from uuid import uuid4

from django import forms

from api.errors import PortalError
from people import queries as people
from people.models import Person
from programs.allowances import Offer
from programs.reasons import REASON_CHARACTERS

LADDER = (5, 10, 25, 50, 100, 300, 500, 1_000, 2_500, 5_000)
CHOICES = 4
OTHER = "other"


class FindForm(forms.Form):
    """Whom, and out of which programme, from the query string. What cannot be read is left out, never an error."""

    q = forms.CharField(required=False, max_length=100)
    to = forms.CharField(required=False, max_length=64)
    programme = forms.SlugField(required=False, max_length=80)

    def chosen(self) -> dict[str, str]:
        """Return what could be read, by name; the others empty."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class RecogniseForm(forms.Form):
    """Points for a colleague, with what they did. `form_id` makes the form one gift, however often it is sent."""

    programme = forms.SlugField(max_length=80, widget=forms.HiddenInput)
    to = forms.CharField(max_length=64, widget=forms.HiddenInput)
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    choice = forms.CharField(max_length=12, error_messages={"required": "Choose how many points."})
    points = forms.IntegerField(required=False, min_value=1, error_messages={"invalid": "Write a number in digits."})
    value = forms.CharField(required=False, max_length=60)
    reason = forms.CharField(
        max_length=REASON_CHARACTERS,
        error_messages={"required": "Say what they did: they read it, and it stands in their statement."},
    )

    def __init__(self, *args: Any, offers: list[Offer], giver: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers, self.giver = {offer.programme.slug: offer for offer in offers}, giver

    def clean_programme(self) -> str:
        """Refuse a programme out of which this person gives nothing."""
        slug: str = self.cleaned_data["programme"]
        if slug not in self.offers:
            raise forms.ValidationError("Points can no longer be given out of this programme. Choose another.")
        return slug

    def clean_to(self) -> str:
        """Find the colleague, once: `receiver` holds them."""
        number: str = self.cleaned_data["to"]
        self.receiver = people.colleague(number, besides=self.giver)
        if self.receiver is None:
            raise forms.ValidationError("This colleague cannot be recognised. Choose somebody else.")
        return number

    def clean(self) -> dict[str, Any]:
        """Turn the choice into `amount`."""
        data: dict[str, Any] = super().clean() or {}
        choice = data.get("choice", "")
        if choice == OTHER:
            data["amount"] = data.get("points")
            if data["amount"] is None and "points" not in self.errors:
                self.add_error("points", "Write how many points.")
        elif choice.isdecimal() and choice.isascii():
            data["amount"] = int(choice)
        elif choice:
            self.add_error("choice", "Choose how many points.")
        return data

    def asked(self) -> dict[str, Any]:
        """Return what was filled in, as `recognitions.give` takes it."""
        data = self.cleaned_data
        return {
            "programme": data["programme"],
            "receiver": self.receiver,
            "points": data["amount"],
            "reason": data["reason"],
            "value": data["value"],
            "form_id": data["form_id"],
            "by": self.giver,
        }

    def refuse(self, error: PortalError) -> None:
        """Show why it was refused, at its field."""
        name = (error.pointer or "").strip("/")
        field = {"points": "choice", "reason": "reason", "value": "value"}.get(name)
        start, _, rest = error.detail.partition(": ")
        sentence = rest[0].upper() + rest[1:] if rest and start == name else error.detail
        self.add_error(field, sentence)


def choices(offer: Offer) -> list[int]:
    """Return the round numbers of points to choose from: the largest few that may be given now."""
    return [points for points in LADDER if points <= offer.points_max][-CHOICES:]
