"""What shows that the transfers were not changed since."""

from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact

HASH_BYTES = 32  # SHA-256


def _is_hash(field: str) -> Exact:
    return Exact(Func(F(field), function="octet_length", output_field=IntegerField()), HASH_BYTES)


class Seal(models.Model):
    """A hash over the transfers since the seal before, and over that seal. Never changed, never deleted (sql/seal.sql).

    A seal covers every id after the last one of the seal before up to its own last one, so a transfer edited, removed
    or put in between later breaks it.
    """

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    previous_hash = models.BinaryField(max_length=HASH_BYTES)  # 32 times zero for the first
    # Keys and not foreign keys: a seal says what was there, also when it is there no more.
    first_transfer_id = models.UUIDField()
    last_transfer_id = models.UUIDField()
    count = models.IntegerField()
    hash = models.BinaryField(max_length=HASH_BYTES)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1, count__gte=1), name="seal_number_and_count_positive"),
            models.CheckConstraint(
                condition=Q(last_transfer_id__gte=F("first_transfer_id")), name="seal_first_to_last"
            ),
            models.CheckConstraint(
                condition=Q(_is_hash("previous_hash")) & Q(_is_hash("hash")), name="seal_hashes_are_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"Seal {self.number}"


class SealCopy(models.Model):
    """A seal on its way out of the database, to where who changes the ledger cannot change it too.

    Work that waits until `copied_at` is set; only the newest seal's is ever done, for it vouches for all before it.
    """

    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, primary_key=True, related_name="copy")
    attempts = models.IntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    copied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "seal copies"
        constraints = [models.CheckConstraint(condition=Q(attempts__gte=0), name="seal_copy_attempts_not_negative")]

    def __str__(self) -> str:
        return f"Copy of seal {self.seal_id}"
