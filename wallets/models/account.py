"""A place where points are."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from wallets.enums import AccountKind

POINTS_MAX = 10_000_000  # in one points request
TRANSFER_POINTS_MAX = 10**12  # in one transfer: a large budget in one step
ACCOUNT_POINTS_MAX = 2**53 - 1  # what a JSON reader holds exactly


class Account(models.Model):
    """A place where points are. Only operations write `points` and `held`, under a row lock.

    `points` includes what is held; `points - held` can be spent and never falls below `floor`, where there is one.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    kind = models.CharField(max_length=10, choices=AccountKind.choices)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="wallet")
    name = models.CharField(max_length=160, blank=True)
    points = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(null=True, default=0)
    lifetime_earned = models.BigIntegerField(default=0)
    lifetime_redeemed = models.BigIntegerField(default=0)
    lifetime_expired = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.WALLET, person__isnull=False)
                | (~Q(kind=AccountKind.WALLET) & Q(person__isnull=True)),
                name="account_wallet_has_person",
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="account_held_not_negative"),
            models.CheckConstraint(
                condition=Q(floor__isnull=True) | Q(points__gte=F("floor") + F("held")), name="account_above_floor"
            ),
            models.CheckConstraint(
                # "Not null" is said: a CHECK lets pass what it cannot decide.
                condition=Q(floor__isnull=False, floor=0) | ~Q(kind=AccountKind.WALLET),
                name="account_wallet_floor_is_zero",
            ),
            models.CheckConstraint(
                condition=Q(points__range=(-ACCOUNT_POINTS_MAX, ACCOUNT_POINTS_MAX)), name="account_points_range"
            ),
            models.CheckConstraint(
                condition=Q(lifetime_earned__gte=0, lifetime_redeemed__gte=0, lifetime_expired__gte=0),
                name="account_lifetime_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(points=0, held=0), name="account_closed_is_empty"
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind__in=["funding", "redeemed", "expired", "reversed", "suspense"]),
                name="account_one_of_each_system_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name or (f"Wallet of {self.person}" if self.person else f"{self.get_kind_display()} {self.id}")

    @property
    def available(self) -> int:
        """Return the points that are not held; of a wallet, overdue ones (`lots.overdue`) are among them."""
        return self.points - self.held
