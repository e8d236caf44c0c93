"""The answer to a POST, kept for who sends it again."""

from django.db import models


class IdempotencyKey(models.Model):
    """What a replay needs of a POST with an Idempotency-Key, and nothing more.

    Neither the key nor the request is kept, only hashes of them. The answer is encrypted: it names people, and where a
    webhook endpoint was made it holds a secret that is shown once.
    """

    id = models.BinaryField(primary_key=True, max_length=32, help_text="SHA-256 of the client and its key.")
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of method, address and raw body.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(help_text="Those of this answer alone, by name.")
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "idempotency key"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__range=(200, 499)) & ~models.Q(status__in=[401, 403, 429]),
                name="idempotency_key_answers_that_last",
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="idempotency_key_oldest")
        ]  # the sweep forgets them in order

    def __str__(self) -> str:
        return bytes(self.id).hex()[:12]
