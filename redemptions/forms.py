"""What people fill in to find a reward and to choose its value."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from api.money import minor_units
from redemptions.enums import Category
from redemptions.models import Product

SORTS = [("", "Best match"), ("points", "Fewest points"), ("name", "Name")]


class FilterForm(forms.Form):
    """The catalogue's filters, from the query string. What cannot be read is left out; it is never an error."""

    q = forms.CharField(required=False, max_length=100)
    category = forms.ChoiceField(required=False, choices=[("", "All"), *Category.choices])
    afford = forms.BooleanField(required=False)
    up_to = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    sort = forms.ChoiceField(required=False, choices=SORTS)

    def chosen(self) -> dict[str, Any]:
        """Return what could be read, by name; the others empty."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}


class ValueForm(forms.Form):
    """A product's value, as its page asks for it: one of the choices, or `other` with an amount beside it."""

    value = forms.CharField(error_messages={"required": "Choose a value."})
    amount = forms.CharField(required=False, max_length=16)

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product = product

    def clean(self) -> dict[str, Any]:
        """Turn the choice into `face_value`, in minor units."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            data["face_value"] = self._face_value(data["value"], data.get("amount", ""))
        return data

    def _face_value(self, value: str, amount: str) -> int:
        try:
            minor = (
                minor_units(amount.strip().replace(",", "."), self.product.currency) if value == "other" else int(value)
            )
        except ValueError:
            raise forms.ValidationError("Write an amount in digits, such as 75.") from None
        if not self.product.offers(minor):
            raise forms.ValidationError(f"{self.product.name} does not come at this value. Choose another.")
        return minor


class RedeemForm(forms.Form):
    """The one form that spends points. The id makes a double click, or a resent page, one order."""

    external_id = forms.UUIDField()
    face_value = forms.IntegerField(min_value=1)

    def clean_external_id(self) -> str:
        """Return the id as a string."""
        given: UUID = self.cleaned_data["external_id"]
        return str(given)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value on the product page.

    Args:
        face_value: minor units.
        points: what it costs.
        short: points that are missing to afford it; 0 when there are enough.
        left: points that would be left; never below 0.
        in_stock: whether it can be delivered now.
    """

    face_value: int
    points: int
    short: int
    left: int
    in_stock: bool

    @property
    def minus(self) -> int:
        """Return what it takes, as a negative number of points."""
        return -self.points

    @property
    def can_have(self) -> bool:
        """Return whether the person can have it now."""
        return self.in_stock and not self.short


def choices(product: Product, *, available: int) -> list[Choice]:
    """Return the values to choose from: the denominations, or a few round ones out of a range.

    Args:
        product: as `redemptions.queries.described` returns it.
        available: points that can be spent.
    """
    return [
        Choice(
            face_value=value,
            points=product.price(value),
            short=max(0, product.price(value) - available),
            left=max(0, available - product.price(value)),
            in_stock=product.can_deliver(value),
        )
        for value in product.values_to_choose
    ]
