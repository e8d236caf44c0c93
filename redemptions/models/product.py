"""Something people redeem points for."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from api.money import minor_units_per_unit
from redemptions.enums import DELIVERED_BY, Category, ProductKind, SupplierKind
from redemptions.models.supplier import Supplier

POINTS_PER_UNIT_MAX = 1_000_000
POSITION_USUAL = 100
STEPS_MAX = 3  # between the smallest and the largest value that a page offers of a range
ROUND_STEPS = [size * 10**power for power in range(9) for size in (1, 2, 5)]  # major units


@pghistory.track()
class Product(models.Model):
    """Something people redeem points for. Face values are in minor units of its currency (2500 is €25.00).

    Either a list of denominations or a range [range_min, range_max]; `points_per_unit` is points for one major unit.
    """

    sku = models.SlugField("SKU", max_length=80, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=ProductKind.choices)
    brand = models.CharField(max_length=80)
    category = models.CharField(max_length=16, choices=Category.choices)
    description = models.TextField(blank=True)
    how_to_use = models.TextField(blank=True)
    countries = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, help_text="ISO 3166-1 alpha-2; empty is everywhere."
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217, as EUR.")
    denominations = ArrayField(models.PositiveIntegerField(), default=list, blank=True, help_text="Minor units.")
    range_min = models.PositiveIntegerField(null=True, blank=True, help_text="Minor units.")
    range_max = models.PositiveIntegerField(null=True, blank=True, help_text="Minor units.")
    points_per_unit = models.PositiveIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(POINTS_PER_UNIT_MAX)]
    )
    expires_after_days = models.PositiveIntegerField(null=True, blank=True)
    supplier = models.ForeignKey("redemptions.Supplier", on_delete=models.PROTECT, related_name="products")
    is_offered = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=POSITION_USUAL, help_text="Lower stands first in the catalogue.")
    palette = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0–9; empty: from the name.")
    family = models.CharField(max_length=16, blank=True, help_text="Picture family; empty: from the name.")

    values_in_stock: list[int]  # added by queries.described, as is
    smallest_points: int

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProductKind.values), name="product_kind_known"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="product_category_known"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="product_currency_iso"),
            models.CheckConstraint(condition=Q(points_per_unit__gte=1), name="product_points_per_unit_positive"),
            models.CheckConstraint(
                condition=Q(range_min__isnull=True, range_max__isnull=True, denominations__len__gte=1)
                | Q(range_min__gte=1, range_max__gte=F("range_min"), denominations__len=0),
                name="product_denominations_or_range",
            ),
            models.CheckConstraint(condition=Q(palette__isnull=True) | Q(palette__lte=9), name="product_palette_range"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what its supplier cannot deliver, and what would give another meaning to codes and orders there are.

        Raises:
            ValidationError: by field.
        """
        supplier = Supplier.objects.filter(pk=self.supplier_id).first()
        if supplier and supplier.kind not in DELIVERED_BY[ProductKind(self.kind)]:
            raise ValidationError(
                {"supplier": f"{supplier} delivers no {self.get_kind_display().lower()}. Choose another supplier."}
            )
        if supplier and supplier.kind == SupplierKind.CODE_POOL and not self.denominations:
            raise ValidationError({"denominations": "A code has one value: list denominations, not a range."})
        before = Product.objects.filter(pk=self.pk).first() if self.pk else None
        if before and (before.currency, before.kind) != (self.currency, self.kind) and before.is_in_use:
            field = "currency" if before.currency != self.currency else "kind"
            raise ValidationError({field: "It has codes or orders, so this stays. Make a new product instead."})

    @property
    def is_in_use(self) -> bool:
        """Return whether it was ever ordered or has codes, so that it cannot be deleted."""
        return self.orders.exists() or self.codes.exists()

    def offers(self, face_value: int) -> bool:
        """Return whether it comes with this face value (minor units)."""
        if self.range_min is not None and self.range_max is not None:
            return self.range_min <= face_value <= self.range_max
        return face_value in self.denominations

    def price(self, face_value: int) -> int:
        """Return the points that a face value (minor units) costs, rounded up: nobody gets value for nothing."""
        return -(-face_value * self.points_per_unit // minor_units_per_unit(self.currency))

    def is_available_in(self, country: str) -> bool:
        """Return whether it can be used in a country (ISO 3166-1 alpha-2)."""
        return not self.countries or country in self.countries

    def can_deliver(self, face_value: int) -> bool:
        """Return whether this face value (minor units) can be had now; asks what `queries.described` read."""
        return self.supplier.kind != SupplierKind.CODE_POOL or face_value in self.values_in_stock

    @property
    def in_stock(self) -> bool:
        """Return whether anything of it can be had now; asks what `queries.described` read."""
        return self.supplier.kind != SupplierKind.CODE_POOL or bool(self.values_in_stock)

    @property
    def values_to_choose(self) -> list[int]:
        """Return the face values (minor units) that its page offers: its denominations, or round steps of its range."""
        if self.range_min is None or self.range_max is None:
            return sorted(self.denominations)
        units = minor_units_per_unit(self.currency)
        step = next(size * units for size in ROUND_STEPS if size * units * STEPS_MAX >= self.range_max - self.range_min)
        between = range((self.range_min // step + 1) * step, self.range_max, step)
        return sorted({self.range_min, *between, self.range_max})

    @property
    def smallest(self) -> int:
        """Return the smallest face value, in minor units."""
        return self.range_min if self.range_min is not None else min(self.denominations)

    @property
    def largest(self) -> int:
        """Return the largest face value, in minor units."""
        return self.range_max if self.range_max is not None else max(self.denominations)
