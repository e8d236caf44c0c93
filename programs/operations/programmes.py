"""Sets up programmes."""

from datetime import datetime
from typing import Any

import pghistory
from django.db import transaction

from people.models import Person
from programs.models import Programme
from wallets.operations import accounts


def create(*, slug: str, name: str, by: Person | None, at: datetime, **fields: Any) -> Programme:
    """Create a programme with its budget account, empty, in one transaction.

    Args:
        slug: what API clients and files call it; unique.
        name: what people call it.
        by: who sets it up, for the history; None for a system.
        at: now.
        fields: others of `Programme`, as `status` or `points_expire_after_days`.

    Raises:
        django.db.IntegrityError: the slug is taken, or a value is out of its range.
    """
    with transaction.atomic(), actor(by):
        budget = accounts.open_budget(f"Budget of {name}")
        return Programme.objects.create(slug=slug, name=name, budget=budget, created_at=at, **fields)


def actor(by: Person | None) -> pghistory.context:
    """Return the context in which the history says who changed what."""
    return pghistory.context(user=str(by.pk)) if by else pghistory.context()
