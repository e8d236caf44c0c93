"""What HR fills in about products and codes; money in major units, as it is spoken of."""

from typing import Any

from django import forms

from api.money import amount, face_value_in_words, minor_units
from redemptions import code_files
from redemptions.models import Product, Supplier
from redemptions.pictures import FAMILIES, PALETTES


class ProductForm(forms.ModelForm[Product]):
    """A product. Its values are written as `10.00, 25.00` and kept in minor units."""

    denominations = forms.CharField(required=False, help_text="As 10.00, 25.00, 50.00; empty where a range is offered.")
    range_min = forms.CharField(label="From", required=False, help_text="The smallest value, as 20.00.")
    range_max = forms.CharField(label="To", required=False, help_text="The largest value, as 500.00.")
    palette = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "From the name"), *((number, f"Palette {number}") for number in range(len(PALETTES)))],
    )
    family = forms.ChoiceField(
        required=False, choices=[("", "From the name"), *((name, name.capitalize()) for name in sorted(FAMILIES))]
    )

    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them
        help_texts = {
            "countries": "Two capital letters each, as DE, IN; empty: everywhere.",
            "points_per_unit": "Points for one unit of the currency; prices are rounded up to whole points.",
            "expires_after_days": "Of a travel credit, from the day it is redeemed; empty: never.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.instance
        if product.pk:
            values = [amount(value, product.currency) for value in sorted(product.denominations)]
            self.initial["denominations"] = ", ".join(values)
            for end in ("range_min", "range_max"):
                value = getattr(product, end)
                self.initial[end] = "" if value is None else amount(value, product.currency)

    def clean(self) -> dict[str, Any]:
        """Turn amounts into minor units of the currency."""
        data: dict[str, Any] = super().clean() or {}
        currency = str(data.get("currency", "")).upper()
        texts = [text.strip() for text in data.get("denominations", "").split(",") if text.strip()]
        data["denominations"] = sorted({v for v in (self._minor("denominations", t, currency) for t in texts) if v})
        for end in ("range_min", "range_max"):
            text = data.get(end, "").strip()
            data[end] = self._minor(end, text, currency) if text else None
        return data

    def _minor(self, field: str, text: str, currency: str) -> int | None:
        """Return an amount in minor units; where it is none, say so at the field."""
        try:
            value = minor_units(text, currency)
        except ValueError as error:
            self.add_error(field, str(error))
            return None
        if not 1 <= value < 2**31:
            self.add_error(field, f"{text} is out of range.")
            return None
        return value


class SupplierForm(forms.ModelForm[Supplier]):
    """A supplier; an address without a scheme is taken as https."""

    base_url = forms.URLField(label="Base URL", required=False, assume_scheme="https")

    class Meta:
        model = Supplier
        fields = ["slug", "kind", "base_url", "secret"]


class UnshownTextarea(forms.Textarea):
    """A text area that never gives back what was typed, as a password field does."""

    def format_value(self, value: Any) -> str | None:
        """Return nothing."""
        return None


class CodesForm(forms.Form):
    """Codes to add: a file, or pasted; and the value of those that do not say theirs."""

    file = forms.FileField(
        required=False,
        help_text="CSV with a column code, and if wanted pin, expires_on (2027-06-30) and face_value (10.00).",
    )
    pasted = forms.CharField(
        required=False,
        label="Or paste them",
        widget=UnshownTextarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text="One code a line, or the same columns as a file.",
        strip=False,
    )
    face_value = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label="Value of rows without one")

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))
        self.product = product
        values = [(value, face_value_in_words(value, product.currency)) for value in sorted(product.denominations)]
        self.fields["face_value"].choices = values if len(values) == 1 else [("", "Each row says it"), *values]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read the codes into `codes`; keep what was given as `raw`."""
        data: dict[str, Any] = super().clean() or {}
        file, pasted = data.get("file"), data.get("pasted") or ""
        if bool(file) == bool(pasted.strip()):
            raise forms.ValidationError("Choose a file or paste the codes: one of the two.")
        if file and file.size > code_files.FILE_BYTES_MAX:
            mebibytes = code_files.FILE_BYTES_MAX // 1024**2
            raise forms.ValidationError(f"The file is larger than {mebibytes} MiB. Split it.")
        data["raw"] = file.read() if file else pasted.encode()
        data["has_header"] = bool(file)
        try:
            data["codes"] = code_files.read(
                data["raw"], product=self.product, face_value=data.get("face_value"), has_header=data["has_header"]
            )
        except code_files.UnreadableCodes as error:
            raise forms.ValidationError(error.detail) from None
        return data
