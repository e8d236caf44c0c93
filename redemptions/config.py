"""The sections `suppliers` and `products` of the configuration file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from api.configuration import ConfigurationError, Section
from api.configuration_reader import Reader
from api.money import amount, minor_units
from people.validators import known_country
from redemptions.config_schema import DAYS_MAX, DESCRIPTION_LENGTH_MAX, POSITION_MAX, PRODUCT, SUPPLIER
from redemptions.enums import Category, ProductKind, SupplierKind
from redemptions.models import Product, Supplier
from redemptions.models.product import POINTS_PER_UNIT_MAX, POSITION_USUAL
from redemptions.pictures import FAMILIES, PALETTES


class Suppliers:
    """Who delivers: `- {slug: code-pool, kind: code_pool}`."""

    key, identity, schema = "suppliers", "slug", SUPPLIER

    def normalise(self, entries: list[Any]) -> list[dict[str, Any]]:
        """Return the entries checked and whole (see `Section`)."""
        return [_supplier(Reader(entry, index)) for index, entry in enumerate(entries)]

    def export(self) -> list[dict[str, Any]]:
        """Return the suppliers that are live, by slug."""
        return [
            {"slug": each.slug, "kind": each.kind, "base_url": each.base_url, "secret": each.secret}
            for each in Supplier.objects.order_by("slug")
        ]

    def apply(
        self, entries: list[dict[str, Any]], *, removed: Sequence[str], by: AbstractBaseUser | None, at: datetime
    ) -> None:
        """Create or change suppliers and delete those removed, unless a product needs them (see `Section`)."""
        live = Supplier.objects.in_bulk([entry["slug"] for entry in entries], field_name="slug")
        for index, entry in enumerate(entries):
            supplier = live.get(entry["slug"], Supplier())
            if supplier.pk and supplier.kind != entry["kind"] and supplier.products.exists():
                raise ConfigurationError(
                    (index, "kind"), f"{supplier} has products, so its kind stays {supplier.kind}."
                )
            _save(supplier, entry, index)
        for supplier in Supplier.objects.filter(slug__in=removed):
            if supplier.products.exists():
                raise ConfigurationError((), f"{supplier} still has products. Give them another supplier first.")
            supplier.delete()


class Products:
    """What can be redeemed: denominations or a range, as decimal strings in the product's currency."""

    key, identity, schema = "products", "sku", PRODUCT

    def normalise(self, entries: list[Any]) -> list[dict[str, Any]]:
        """Return the entries checked and whole (see `Section`)."""
        return [_product(Reader(entry, index)) for index, entry in enumerate(entries)]

    def export(self) -> list[dict[str, Any]]:
        """Return the products that are live, by SKU."""
        return [_exported(product) for product in Product.objects.select_related("supplier").order_by("sku")]

    def apply(
        self, entries: list[dict[str, Any]], *, removed: Sequence[str], by: AbstractBaseUser | None, at: datetime
    ) -> None:
        """Create or change products; delete those removed that were never ordered and have no codes (see `Section`)."""
        live = Product.objects.in_bulk([entry["sku"] for entry in entries], field_name="sku")
        suppliers = Supplier.objects.in_bulk(field_name="slug")
        for index, entry in enumerate(entries):
            supplier = suppliers.get(entry["supplier"])
            if supplier is None:
                raise ConfigurationError(
                    (index, "supplier"), f"There is no supplier {entry['supplier']}. Add it to `suppliers`."
                )
            _save(live.get(entry["sku"], Product()), _columns(entry) | {"supplier": supplier}, index)
        for product in Product.objects.filter(sku__in=removed):
            if product.is_in_use:
                raise ConfigurationError(
                    (), f"{product.sku} was ordered or has codes, so it stays. Set `offered: false` to take it off."
                )
            product.delete()


SECTIONS: dict[str, Section] = {"suppliers": Suppliers(), "products": Products()}


def _supplier(reader: Reader) -> dict[str, Any]:
    """Return a supplier's entry as it is exported."""
    entry = {
        "slug": reader.slug("slug"),
        "kind": reader.choice("kind", SupplierKind.values),
        "base_url": reader.text("base_url", length_max=200, default=""),
        "secret": reader.text("secret", length_max=120, default=""),
    }
    if entry["secret"] and not entry["secret"].startswith("env:"):
        raise reader.error(
            "secret", detail="Write env:NAME of the variable that holds it: no secret stands in this file."
        )
    reader.finish()
    return entry


def _product(reader: Reader) -> dict[str, Any]:
    """Return a product's entry as it is exported."""
    currency = reader.currency("currency")
    entry = {
        "sku": reader.slug("sku"),
        "name": (name := reader.text("name", length_max=120)),
        "kind": reader.choice("kind", ProductKind.values),
        "brand": reader.text("brand", length_max=80, default=name[:80]),
        "category": reader.choice("category", Category.values),
        "description": reader.text("description", length_max=DESCRIPTION_LENGTH_MAX, default=""),
        "how_to_use": reader.text("how_to_use", length_max=DESCRIPTION_LENGTH_MAX, default=""),
        "countries": _countries(reader),
        "currency": currency,
        "denominations": _denominations(reader, currency),
        "range": _range(reader, currency),
        "points_per_unit": reader.whole("points_per_unit", 1, POINTS_PER_UNIT_MAX, default=100),
        "expires_after_days": reader.whole("expires_after_days", 1, DAYS_MAX, default=None),
        "supplier": reader.slug("supplier"),
        "offered": reader.flag("offered", default=True),
        "position": reader.whole("position", 0, POSITION_MAX, default=POSITION_USUAL),
        "palette": reader.whole("palette", 0, len(PALETTES) - 1, default=None),
        "family": reader.choice("family", list(FAMILIES), default=""),
    }
    if bool(entry["denominations"]) == bool(entry["range"]):
        raise reader.error(
            "range" if entry["range"] else None,
            detail='Give either denominations: ["10.00", "25.00"] or range: {min: "20.00", max: "500.00"}.',
        )
    reader.finish()
    return entry


def _countries(reader: Reader) -> list[str]:
    """Return the countries in order, each once."""
    countries = reader.texts("countries")
    for place, country in enumerate(countries):
        try:
            known_country(country)
        except ValidationError as error:
            raise reader.error("countries", place, detail=str(error.message)) from None
    return sorted(set(countries))


def _denominations(reader: Reader, currency: str) -> list[str]:
    """Return the denominations from the smallest up, each once, written as the currency is."""
    values = [
        _face_value(reader, text, currency, "denominations", place)
        for place, text in enumerate(reader.texts("denominations"))
    ]
    return [amount(value, currency) for value in sorted(set(values))]


def _range(reader: Reader, currency: str) -> dict[str, str] | None:
    """Return the ends of the range, written as the currency is, or None."""
    if not reader.given("range"):
        return None
    ends = reader.inside("range")
    low, high = (_face_value(ends, ends.text(end, length_max=20), currency, end) for end in ("min", "max"))
    if low > high:
        raise ends.error("max", detail=f"The largest value is below the smallest, {amount(low, currency)}.")
    ends.finish()
    return {"min": amount(low, currency), "max": amount(high, currency)}


def _face_value(reader: Reader, text: str, currency: str, *path: str | int) -> int:
    """Return an amount in minor units, from one up to what a column holds."""
    try:
        value = minor_units(text, currency)
    except ValueError as error:
        raise reader.error(*path, detail=str(error)) from None
    if not 1 <= value < 2**31:
        raise reader.error(*path, detail=f"{text} is out of range: more than zero and below 2³¹ minor units.")
    return value


def _columns(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of an entry, money in minor units."""
    columns = {name: value for name, value in entry.items() if name not in {"range", "supplier", "offered"}}
    ends = entry["range"] or {"min": None, "max": None}
    low, high = (minor_units(end, entry["currency"]) if end else None for end in (ends["min"], ends["max"]))
    values = [minor_units(text, entry["currency"]) for text in entry["denominations"]]
    return columns | {"denominations": values, "range_min": low, "range_max": high, "is_offered": entry["offered"]}


def _exported(product: Product) -> dict[str, Any]:
    """Return a product as `_product` would have read it."""
    money = product.currency
    ends = None
    if product.range_min is not None and product.range_max is not None:
        ends = {"min": amount(product.range_min, money), "max": amount(product.range_max, money)}
    return {
        "sku": product.sku,
        "name": product.name,
        "kind": product.kind,
        "brand": product.brand,
        "category": product.category,
        "description": product.description,
        "how_to_use": product.how_to_use,
        "countries": sorted(product.countries),
        "currency": money,
        "denominations": [amount(value, money) for value in sorted(product.denominations)],
        "range": ends,
        "points_per_unit": product.points_per_unit,
        "expires_after_days": product.expires_after_days,
        "supplier": product.supplier.slug,
        "offered": product.is_offered,
        "position": product.position,
        "palette": product.palette,
        "family": product.family,
    }


def _save(row: Product | Supplier, columns: dict[str, Any], index: int) -> None:
    """Write the columns if the model takes them; its own rules hold here as in the admin."""
    for name, value in columns.items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        names = {"range_min": "range", "range_max": "range", "is_offered": "offered"}
        raise ConfigurationError(
            (index,) if field == "__all__" else (index, names.get(field, field)), problems[0]
        ) from None
    row.save()
