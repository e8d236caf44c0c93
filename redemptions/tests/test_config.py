"""Suppliers and products as code: what is written is what is live, and what is live is what is exported."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.configuration import ConfigurationError
from people.tests.factories import make_person
from redemptions.config import SECTIONS
from redemptions.models import Product, Supplier
from redemptions.operations import orders
from redemptions.tests.factories import add_codes, make_product, make_supplier
from wallets.tests.factories import make_wallet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
SUPPLIERS = [{"slug": "code-pool", "kind": "code_pool"}, {"slug": "travel-credit", "kind": "travel_credit"}]
VOUCHER = {
    "sku": "acme-voucher",
    "name": "Acme gift voucher",
    "kind": "voucher",
    "brand": "Acme",
    "category": "Shopping",
    "countries": ["IN", "DE"],
    "currency": "EUR",
    "denominations": ["25.00", "10.00"],
    "points_per_unit": 100,
    "supplier": "code-pool",
}
CREDIT = {
    "sku": "air-credit",
    "name": "Air credit",
    "kind": "travel_credit",
    "brand": "Solvane",
    "category": "Travel",
    "countries": [],
    "currency": "EUR",
    "range": {"min": "20.00", "max": "500.00"},
    "points_per_unit": 100,
    "expires_after_days": 730,
    "supplier": "travel-credit",
}


def apply(key: str, entries: list[dict[str, Any]], removed: list[str] | None = None) -> None:
    section = SECTIONS[key]
    section.apply(section.normalise(entries), removed=removed or [], by=None, at=NOW)


def test_what_is_applied_is_what_is_exported() -> None:
    for key, entries in (("suppliers", SUPPLIERS), ("products", [VOUCHER, CREDIT])):
        apply(key, entries)

        assert SECTIONS[key].export() == SECTIONS[key].normalise(entries)
        assert SECTIONS[key].normalise(SECTIONS[key].export()) == SECTIONS[key].export()


def test_export_is_canonical() -> None:
    apply("suppliers", SUPPLIERS)
    apply("products", [VOUCHER | {"denominations": ["25", "10.00", "25.00"]}])

    [product] = SECTIONS["products"].export()

    assert product == {
        "sku": "acme-voucher",
        "name": "Acme gift voucher",
        "kind": "voucher",
        "brand": "Acme",
        "category": "Shopping",
        "description": "",
        "how_to_use": "",
        "countries": ["DE", "IN"],
        "currency": "EUR",
        "denominations": ["10.00", "25.00"],
        "range": None,
        "points_per_unit": 100,
        "expires_after_days": None,
        "supplier": "code-pool",
        "offered": True,
        "position": 100,
        "palette": None,
        "family": "",
    }


def test_apply_changes_what_is_there() -> None:
    apply("suppliers", SUPPLIERS)
    apply("products", [VOUCHER])

    apply("products", [VOUCHER | {"name": "Acme voucher", "currency": "JPY", "denominations": ["1000"]}])

    product = Product.objects.get()
    assert (product.name, product.currency, product.denominations) == ("Acme voucher", "JPY", [1000])


@pytest.mark.parametrize(
    ("change", "path", "detail"),
    [
        ({"colour": "red"}, (0, "colour"), "colour is not known here. Known are"),
        ({"denomination": []}, (0, "denomination"), "denomination is not known here. Did you mean denominations?"),
        ({"name": None}, (0,), "name is missing."),
        ({"name": " "}, (0, "name"), "name must not be empty."),
        ({"name": 5}, (0, "name"), 'name must be text. Put it in quotes: "5".'),
        ({"kind": "vouchr"}, (0, "kind"), "vouchr is not known here. Did you mean voucher?"),
        ({"category": "Pets"}, (0, "category"), "Pets is not known here. Write one of Travel, Food,"),
        ({"currency": "EURO"}, (0, "currency"), "currency is too long"),
        ({"currency": "XYZ"}, (0, "currency"), "XYZ is no currency."),
        ({"countries": ["DE", "XX"]}, (0, "countries", 1), '"XX" is no country.'),
        ({"denominations": [10.0]}, (0, "denominations", 0), 'Put 10.0 in quotes: "10.0".'),
        ({"denominations": ["10.00", "ten"]}, (0, "denominations", 1), '"ten" is not an amount.'),
        ({"denominations": ["10.001"]}, (0, "denominations", 0), "EUR has 2 decimal places; 10.001 has more."),
        ({"denominations": ["0.00"]}, (0, "denominations", 0), "0.00 is out of range"),
        ({"denominations": ["-5.00"]}, (0, "denominations", 0), '"-5.00" is not an amount.'),
        ({"denominations": ["99999999.00"]}, (0, "denominations", 0), "99999999.00 is out of range"),
        ({"denominations": []}, (0,), "Give either denominations"),
        ({"range": {"min": "1.00", "max": "2.00"}}, (0, "range"), "Give either denominations"),
        ({"points_per_unit": 0}, (0, "points_per_unit"), "points_per_unit must be a whole number from 1 to 1000000."),
        ({"points_per_unit": True}, (0, "points_per_unit"), "points_per_unit must be a whole number"),
        ({"points_per_unit": "100"}, (0, "points_per_unit"), "points_per_unit must be a whole number"),
        ({"offered": "yes"}, (0, "offered"), "offered must be true or false."),
        ({"palette": 10}, (0, "palette"), "palette must be a whole number from 0 to 9."),
        ({"family": "horizons"}, (0, "family"), "horizons is not known here. Did you mean horizon?"),
        ({"sku": "Acme voucher"}, (0, "sku"), "sku takes letters, digits and hyphens"),
    ],
)
def test_bad_product_is_named_with_its_place(change: dict[str, Any], path: tuple[str | int, ...], detail: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SECTIONS["products"].normalise([VOUCHER | change])

    assert (refused.value.path, refused.value.detail[: len(detail)]) == (path, detail)


@pytest.mark.parametrize(
    ("ends", "path"),
    [
        ({"min": "20.00", "max": "10.00"}, (1, "range", "max")),
        ({"min": "20.00"}, (1, "range")),
        ({"min": "20.00", "max": "x"}, (1, "range", "max")),
        ({"min": "20.00", "max": "30.00", "step": "5.00"}, (1, "range", "step")),
        ("20-30", (1, "range")),
    ],
)
def test_bad_range_is_named_with_its_place(ends: object, path: tuple[str | int, ...]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SECTIONS["products"].normalise([VOUCHER, CREDIT | {"range": ends}])

    assert refused.value.path == path


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"slug": "x", "kind": "carrier_pigeon"}, (0, "kind")),
        ({"slug": "x", "kind": "code_pool", "secret": "hunter2"}, (0, "secret")),
        ({"slug": "x", "kind": "code_pool", "url": "https://x"}, (0, "url")),
    ],
)
def test_bad_supplier_is_named_with_its_place(entry: dict[str, Any], path: tuple[str | int, ...]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SECTIONS["suppliers"].normalise([entry])

    assert (refused.value.path, "hunter2" in refused.value.detail) == (path, False)


@pytest.mark.parametrize(
    ("product", "path", "detail"),
    [
        (VOUCHER | {"supplier": "nobody"}, (0, "supplier"), "There is no supplier nobody. Add it to `suppliers`."),
        (VOUCHER | {"supplier": "travel-credit"}, (0, "supplier"), "travel-credit delivers no gift voucher."),
        (CREDIT | {"supplier": "code-pool"}, (0, "supplier"), "code-pool delivers no travel credit."),
        (
            CREDIT | {"kind": "voucher", "supplier": "code-pool"},
            (0, "denominations"),
            "A code has one value: list denominations, not a range.",
        ),
    ],
)
def test_product_and_supplier_must_fit(product: dict[str, Any], path: tuple[str | int, ...], detail: str) -> None:
    apply("suppliers", SUPPLIERS)

    with pytest.raises(ConfigurationError) as refused:
        apply("products", [product])

    assert (refused.value.path, refused.value.detail[: len(detail)]) == (path, detail)


def test_product_never_ordered_is_deleted() -> None:
    sku = make_product().sku

    apply("products", [], removed=[sku])

    assert Product.objects.count() == 0


def test_product_that_was_ordered_stays() -> None:
    person, product = make_person(), make_product()
    make_wallet(1000, person=person)
    add_codes(product)
    orders.place(person=person, product=product, face_value=1000, external_id="1", at=NOW)

    with pytest.raises(ConfigurationError) as refused:
        apply("products", [], removed=[product.sku])

    assert (refused.value.path, product.sku in refused.value.detail) == ((), True)


def test_currency_of_a_product_with_codes_stays() -> None:
    apply("suppliers", SUPPLIERS)
    apply("products", [VOUCHER])
    add_codes(Product.objects.get())

    with pytest.raises(ConfigurationError) as refused:
        apply("products", [VOUCHER | {"currency": "USD"}])

    assert refused.value.path == (0, "currency")


def test_supplier_in_use_stays_as_it_is() -> None:
    make_product()
    make_supplier("travel_credit")

    with pytest.raises(ConfigurationError):
        apply("suppliers", [], removed=["code-pool"])
    with pytest.raises(ConfigurationError) as refused:
        apply("suppliers", [{"slug": "code-pool", "kind": "travel_credit"}])
    apply("suppliers", [], removed=["travel-credit"])

    assert refused.value.path == (0, "kind")
    assert list(Supplier.objects.values_list("slug", flat=True)) == ["code-pool"]


def test_changes_are_kept_in_the_history() -> None:
    apply("suppliers", SUPPLIERS)
    apply("products", [VOUCHER])
    apply("products", [VOUCHER | {"points_per_unit": 120}])

    kept = Product.objects.get().events.order_by("pgh_id").values_list("pgh_label", "points_per_unit")
    assert list(kept) == [("insert", 100), ("update", 120)]
