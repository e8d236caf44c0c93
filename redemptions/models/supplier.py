"""Who provides what is redeemed."""

import pghistory
from django.db import models
from django.db.models import Q

from redemptions.enums import SupplierKind


@pghistory.track()
class Supplier(models.Model):
    """Who provides what is redeemed. Its secret is named here (`env:NAME`), never kept here."""

    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=SupplierKind.choices)
    base_url = models.URLField(blank=True)
    secret = models.CharField(max_length=120, blank=True, help_text="env:NAME of the variable that holds it.")

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SupplierKind.values), name="supplier_kind_known"),
            models.CheckConstraint(
                condition=Q(secret="") | Q(secret__startswith="env:"),  # noqa: S106 - a reference, not a secret
                name="supplier_secret_is_reference",
            ),
        ]

    def __str__(self) -> str:
        return self.slug
