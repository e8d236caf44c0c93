"""How much of a limit is used."""

from django.db import models


class Quota(models.Model):
    """One quota that fills up evenly. Not written to the log of the database: after a crash all quotas are full.

    Written by `api_take` alone (sql/take.sql); one that is full is forgotten.
    """

    name = models.TextField(primary_key=True, help_text="Whose, as client:…, token:… or address:….")
    full_at = models.DateTimeField(help_text="When it is full again.")

    def __str__(self) -> str:
        return self.name
