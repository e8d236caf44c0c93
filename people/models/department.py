"""A part of the company."""

import pghistory
from django.db import models


@pghistory.track()
class Department(models.Model):
    """A part of the company that people belong to."""

    name = models.CharField(max_length=120, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
