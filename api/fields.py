"""Fields that take one kind of JSON value each: `"5"` is no number and `5` is no text."""

import re
from typing import Any, Final, NoReturn

from babel.core import get_global
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api import money

POINTS_MAX: Final = 10_000_000
RECIPIENT: Final = re.compile(r"(email:[^\s@]+@[^\s@]+|scim:\S.*|(?!email:|scim:)\S.*)")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": POINTS_MAX})
class PointsField(serializers.Field[int, Any, int, Any]):
    """A whole number of points, 1 to 10,000,000; `true`, `1.0`, `1e2` and `"1"` are refused.

    Every refusal has the code `points_out_of_range`.
    """

    default_error_messages = {"points_out_of_range": f"Write a whole number from 1 to {POINTS_MAX:,}, with no quotes."}

    def to_internal_value(self, data: Any) -> int:
        """Return the points."""
        if type(data) is not int or not 1 <= data <= POINTS_MAX:
            self.fail("points_out_of_range")
        return data

    def to_representation(self, value: int) -> int:
        """Return the points as they are."""
        return value

    def takes(self, value: Any) -> bool:
        """Return whether a value is surely taken as it is; see `StrictSerializer.takes`."""
        return type(value) is int and 1 <= value <= POINTS_MAX


class TextField(serializers.CharField):
    """A text: a JSON string and nothing that could be read as one. Spaces around it are kept."""

    default_error_messages = {"not_text": "Write a text, in quotes."}

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"trim_whitespace": False} | options))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text.

        Raises:
            ValidationError: it is a number, a list or an object.
        """
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("not_text")
        return super().run_validation(data)

    def to_representation(self, value: Any) -> str:
        """Return the text."""
        return str(value)

    def takes(self, value: Any) -> bool:
        """Return whether a value is surely taken as it is; see `StrictSerializer.takes`."""
        if value is None:
            return self.allow_null
        return (
            type(value) is str
            and 0 < len(value) <= (self.max_length or 0)
            and value.isprintable()  # no NUL, no half of a surrogate pair
            and not self.trim_whitespace
        )


class RecipientField(TextField):
    """Who gets the points: an employee number, `email:…` or `scim:…`, in one text.

    An employee number is a text: sent as a number it would have lost its leading zeros before it got here.
    """

    default_error_messages = {
        "not_text": 'Write the employee number in quotes, as "00217": a number would lose its zeros.',
        "not_a_recipient": 'Write an employee number, "email:ana@acme.example" or "scim:" and the external id.',
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_length": 320} | options))

    def to_internal_value(self, data: Any) -> str:
        """Return the name as it was written."""
        name = super().to_internal_value(data)
        if not RECIPIENT.fullmatch(name):
            self.fail("not_a_recipient")
        return name

    def takes(self, value: Any) -> bool:
        """Return whether a value is surely taken as it is; see `StrictSerializer.takes`."""
        return type(value) is str and super().takes(value) and RECIPIENT.fullmatch(value) is not None


class ObjectField(serializers.DictField):
    """A JSON object with whatever members."""

    def takes(self, value: Any) -> bool:
        """Return whether a value is surely taken as it is; see `StrictSerializer.takes`."""
        return type(value) is dict


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "pattern": r"^\d{1,12}(\.\d+)?$", "examples": ["25.00"]},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    }
)
class MoneyField(serializers.Field[Any, Any, Any, Any]):
    """Money: `{"amount": "25.00", "currency": "EUR"}` outside, minor units and currency inside."""

    default_error_messages = {
        "not_money": 'Write money as {{"amount": "25.00", "currency": "EUR"}}, the amount in quotes.',
        "unknown_currency": "Write a currency of ISO 4217, as EUR.",
        "not_an_amount": "{reason}",
    }

    def to_internal_value(self, data: Any) -> tuple[int, str]:
        """Return minor units and currency."""
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("not_money")
        amount, currency = data["amount"], data["currency"]
        if not isinstance(amount, str) or not isinstance(currency, str):
            self.fail("not_money")
        if currency not in get_global("all_currencies"):
            self.fail("unknown_currency")
        try:
            return money.minor_units(amount, currency), currency
        except ValueError as error:
            self.fail_with(str(error))

    def to_representation(self, value: tuple[int, str]) -> dict[str, str]:
        """Return the amount as a decimal string, beside its currency."""
        return money.as_json(*value)

    def fail_with(self, reason: str) -> NoReturn:
        """Refuse the amount for a reason of its own."""
        self.fail("not_an_amount", reason=reason)
