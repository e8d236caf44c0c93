"""What editors know of the sections `suppliers` and `products`."""

from api.configuration_schema import choice, flag, mapping, several, slug, text, whole
from redemptions.enums import Category, ProductKind, SupplierKind
from redemptions.models.product import POINTS_PER_UNIT_MAX, POSITION_USUAL
from redemptions.pictures import FAMILIES, PALETTES

DESCRIPTION_LENGTH_MAX = 2000
DAYS_MAX = 36_500
POSITION_MAX = 1_000_000
AMOUNT = text('An amount of the currency, in quotes, as "10.00".', length_max=20, pattern=r"[0-9]+(?:\.[0-9]+)?")

SUPPLIER = mapping(
    "Who delivers.",
    {
        "slug": slug("Its name, as products write it."),
        "kind": choice("Which adapter talks to it.", SupplierKind.values),
    },
    {
        "base_url": text("Where its API is.", length_max=200),
        "secret": text(
            "The environment variable that holds it, as env:TREMENDOUS_KEY.", length_max=120, pattern="env:.+"
        ),
    },
)
PRODUCT = mapping(
    "What can be redeemed.",
    {
        "sku": slug("Its stock-keeping unit."),
        "name": text("As people read it.", length_max=120),
        "kind": choice("What somebody gets.", ProductKind.values),
        "category": choice("Where it stands in the catalogue.", Category.values),
        "currency": text("ISO 4217, as EUR.", length_max=3, pattern="[A-Z]{3}"),
        "supplier": slug("The slug of who delivers it."),
    },
    {
        "brand": text("Whose it is; the name where it is left out.", length_max=80),
        "description": text("What it is.", length_max=DESCRIPTION_LENGTH_MAX),
        "how_to_use": text("How to use it.", length_max=DESCRIPTION_LENGTH_MAX),
        "countries": several(
            text("ISO 3166-1 alpha-2, as DE.", length_max=2, pattern="[A-Z]{2}"),
            "Where it is offered; [] is everywhere.",
        ),
        "denominations": several(AMOUNT, "The values it comes in. Give these or a range."),
        "range": mapping("Any value from min to max.", {"min": AMOUNT, "max": AMOUNT}),
        "points_per_unit": whole("Points for one unit of the currency.", 1, POINTS_PER_UNIT_MAX, default=100),
        "expires_after_days": whole("Days it is good for; null is as the supplier says.", 1, DAYS_MAX),
        "offered": flag("Whether it can be redeemed.", default=True),
        "position": whole("Where it stands: the smallest first.", 0, POSITION_MAX, default=POSITION_USUAL),
        "palette": whole("The colours of its picture.", 0, len(PALETTES) - 1),
        "family": choice("The shape of its picture.", ["", *FAMILIES]),
    },
)
