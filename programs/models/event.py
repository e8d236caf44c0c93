"""Something that happened to somebody."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from api.models import ApiClient
from programs.enums import EventStatus

RULE_ERROR_CODE = "rule_error"
RULE_ERROR = [{"problem": {"code": RULE_ERROR_CODE}}]  # of an outcome: a rule could not be evaluated


class Event(models.Model):
    """Something that happened to somebody, as a system told it (CloudEvents 1.0 attributes), and what it led to.

    Kept whatever came of it: a refused event keeps its reason and can be looked at again. `outcome` is the list of
    matches as the API answers it, so that a repeat gets the first answer.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    source = models.CharField(max_length=500)
    source_id = models.CharField("id at the source", max_length=500)
    type = models.CharField(max_length=200)
    subject = models.CharField(max_length=300, blank=True, help_text="The recipient, as the system names it.")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    time = models.DateTimeField(null=True)
    data = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=8, choices=EventStatus.choices)
    outcome = models.JSONField(default=list)
    received_at = models.DateTimeField()

    class Meta:
        permissions = [("replay_event", "Can let the rules decide again about an event")]
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="event_once_for_ever"),
            models.CheckConstraint(condition=Q(status__in=EventStatus.values), name="event_status_known"),
        ]
        indexes = [
            models.Index(
                fields=["type", "-received_at"], name="event_type_received"
            ),  # past events to try a rule on, and to simulate it over
            models.Index(fields=["-id"], condition=Q(status="refused"), name="event_refused"),  # what HR has to mend
            models.Index(
                fields=["-id"], condition=Q(outcome__contains=RULE_ERROR), name="event_rule_error"
            ),  # also where another rule gave points
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.source_id}"

    @property
    def may_be_replayed(self) -> bool:
        """Return whether rules would be asked again: it gave no points, or one of its rules could not be evaluated."""
        problems = [match.get("problem") or {} for match in self.outcome]
        return self.status in EventStatus.without_points() or any(
            each.get("code") == RULE_ERROR_CODE for each in problems
        )
