"""How an HR system's own message becomes events."""

import pghistory
from django.db import models
from django.db.models import Q

from integrations.enums import System


@pghistory.track()
class Connection(models.Model):
    """How an HR system's own message becomes events: its parser, its credential, its paths (JMESPath).

    `credential` is as in the configuration file, its secret a reference (`env:NAME`). `data` maps a name in the event's
    data to {"path", "as", "none_if", …}. `enrich` is where the detail of a thin event is fetched: {"get", "auth"}.
    """

    slug = models.SlugField(max_length=80, unique=True)
    system = models.CharField(max_length=20, choices=System.choices)
    is_active = models.BooleanField(default=True)
    credential = models.JSONField(default=dict)
    event_type = models.CharField(max_length=200)
    items = models.CharField(
        max_length=500, blank=True, help_text="What becomes one event each. Empty: as the system does it."
    )
    id_paths = models.JSONField(default=list, help_text="Paths whose values, joined by /, are unique for ever.")
    recipient = models.CharField(max_length=500)
    time = models.CharField(max_length=500, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    data = models.JSONField(default=dict, blank=True)
    enrich = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]
        constraints = [models.CheckConstraint(condition=Q(system__in=System.values), name="connection_system_known")]

    def __str__(self) -> str:
        return self.slug
