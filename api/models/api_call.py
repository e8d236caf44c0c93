"""What API clients called, and what they were answered."""

from django.db import models

from api import ids
from api.models.client import ApiClient


class ApiCall(models.Model):
    """One call of the API, a hook or the token endpoint: a line of a log, kept for some days.

    It holds no personal data and no secret.

    The address is kept as its pattern, and of the body the members' names with a few ids. Its client is no constraint:
    what is written second by second should not look it up.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+",
        help_text="None for a hook, and for whoever showed no token that we know.",
    )  # fmt: skip
    caller = models.CharField(max_length=80, blank=True, help_text="The connection, where it is a hook.")
    called_at = models.DateTimeField("time")
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200, help_text="The address's pattern.")
    status = models.PositiveSmallIntegerField()
    code = models.CharField("problem", max_length=60, blank=True, help_text="Of the problem that it was answered with.")
    milliseconds = models.FloatField()
    request_id = models.CharField("request ID", max_length=64)
    external_id = models.CharField("external ID", max_length=255, blank=True)
    body = models.JSONField(default=dict, help_text="Its members; values are left out but for a few ids.")

    class Meta:
        verbose_name = "API call"
        verbose_name_plural = "API calls"
        indexes = [
            models.Index(fields=["client", "-id"], name="api_call_of_client"),  # a client's newest
            models.Index(fields=["request_id"], name="api_call_request_id"),  # searched for
            models.Index(
                fields=["external_id"], condition=~models.Q(external_id=""), name="api_call_external_id"
            ),  # searched for
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status}"


class ApiCallCount(models.Model):
    """How many calls of a client ended in the same way within an hour; written by `api_count_calls` alone."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    hour = models.DateTimeField()
    code = models.CharField(max_length=60, blank=True, help_text="Of the problem; empty for calls that went well.")
    calls = models.PositiveIntegerField()

    class Meta:
        verbose_name = "API call count"
        constraints = [
            models.UniqueConstraint(fields=["client", "hour", "code"], name="api_call_count_one_per_hour_and_code"),
            models.CheckConstraint(condition=models.Q(calls__gt=0), name="api_call_count_positive"),
        ]
        indexes = [models.Index(fields=["hour"], name="api_call_count_oldest")]  # forgotten in order

    def __str__(self) -> str:
        return f"{self.client_id} {self.hour:%Y-%m-%d %H} {self.code}"
