"""Points requests, programmes and their budgets over HTTP."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids
from api.docs import describe
from api.errors import NotFound, PointsOutOfRange
from api.fields import ObjectField, PointsField, RecipientField, TextField
from api.models import ApiClient
from api.pagination import NewestFirstPagination, page
from api.serializers import StrictSerializer
from api.views import ApiView
from programs import errors, queries, representations
from programs.enums import PointsRequestStatus, ProgrammeStatus, Source, UnknownRecipients
from programs.models import PointsRequest, Programme
from programs.operations import fundings, points_requests
from programs.operations.points_requests import NewPointsRequest
from wallets.models.account import TRANSFER_POINTS_MAX

WAITING = {PointsRequestStatus.PENDING_APPROVAL, PointsRequestStatus.PARKED}
REFUSALS = [
    errors.UnknownProgramme,
    errors.ProgrammeNotActive,
    errors.UnknownRecipient,
    errors.RecipientInactive,
    errors.NotEligible,
    errors.PointsOutOfRange,
    errors.OverRequestLimit,
    errors.OverPersonLimit,
    errors.OverProgrammeLimit,
    errors.OverBudget,
    errors.ExternalIdConflict,
]


class PointsRequestSerializer(StrictSerializer):
    """Points asked for somebody."""

    external_id = TextField(max_length=255, required=False, allow_null=True, help_text="Unique per client, for ever.")
    programme = TextField(max_length=80, help_text="The programme's slug.")
    recipient = RecipientField(max_length=300)
    points = PointsField()
    reason = TextField(max_length=500, help_text="Why, as the person reads it.")
    metadata = ObjectField(required=False, help_text="Whatever you want to find again.")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": TRANSFER_POINTS_MAX})
class FundedField(serializers.JSONField):
    """Points for a budget; the funding says whether it can be that many."""


class FundingSerializer(StrictSerializer):
    """Points for a budget."""

    external_id = TextField(max_length=255, help_text="Unique per client, for ever.")
    points = FundedField(help_text=f"A whole number from 1 to {TRANSFER_POINTS_MAX:,}.")
    reference = TextField(max_length=200, required=False, default="", allow_blank=True, help_text="As in your books.")


class PointsRequestFilters(StrictSerializer):
    """Which points requests."""

    external_id = TextField(max_length=255, required=False)
    recipient = RecipientField(max_length=300, required=False, help_text="Finds the person's by any of their names.")
    programme = TextField(max_length=80, required=False)
    status = serializers.ChoiceField(PointsRequestStatus.values, required=False)
    created_after = serializers.DateTimeField(required=False, help_text="RFC 3339.")


class NoFilters(StrictSerializer):
    """A list without filters."""


class WalletAfterAnswer(serializers.Serializer[Any]):
    """What a wallet holds."""

    available = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Set aside for orders under way.")


class PointsRequestAnswer(serializers.Serializer[Any]):
    """A points request and what came of it."""

    id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    programme = serializers.CharField()
    recipient = serializers.CharField()
    points = serializers.IntegerField()
    reason = serializers.CharField()
    metadata = serializers.DictField()
    status = serializers.ChoiceField(PointsRequestStatus.choices)
    status_reason = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    credited_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When these points expire; null for never.")
    transfer = serializers.CharField(allow_null=True)
    reversed_points = serializers.IntegerField(help_text="What was taken back of it so far.")
    wallet = WalletAfterAnswer(allow_null=True, help_text="Just after the credit, else now; null for strangers.")


class ApprovalStepAnswer(serializers.Serializer[Any]):
    """Above how many points whose approval is needed."""

    over = serializers.IntegerField()
    approvals = serializers.IntegerField()
    group = serializers.CharField()


class WindowAnswer(serializers.Serializer[Any]):
    """How many points within how many days."""

    points = serializers.IntegerField()
    days = serializers.IntegerField()


class LimitsAnswer(serializers.Serializer[Any]):
    """What a programme gives at most."""

    per_request = serializers.IntegerField(allow_null=True)
    per_person = WindowAnswer(allow_null=True, help_text="To one person.")
    per_programme = WindowAnswer(allow_null=True, help_text="To all people together; days in UTC, today among them.")


class ProgrammeAnswer(serializers.Serializer[Any]):
    """A reason for which the company gives points."""

    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(ProgrammeStatus.choices)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="The first day on which it gives nothing more.")
    points_expire_after_days = serializers.IntegerField(allow_null=True)
    unknown_recipients = serializers.ChoiceField(UnknownRecipients.choices)
    eligible = serializers.CharField(allow_null=True, help_text="CEL over `person`.")
    approval = ApprovalStepAnswer(many=True)
    limits = LimitsAnswer()
    notify = serializers.ListField(child=serializers.CharField())


class DepartmentBudgetAnswer(serializers.Serializer[Any]):
    """What a department's own budget holds, in points."""

    department = serializers.CharField()
    left = serializers.IntegerField()
    low_at = serializers.IntegerField(allow_null=True)
    is_low = serializers.BooleanField()


class BudgetAnswer(serializers.Serializer[Any]):
    """What a programme's budgets, its own and its departments', got and gave since its last closing, and hold."""

    programme = serializers.CharField()
    funded = serializers.IntegerField()
    credited = serializers.IntegerField(help_text="What was credited, less what was taken back.")
    left = serializers.IntegerField()
    low_at = serializers.IntegerField(allow_null=True)
    is_low = serializers.BooleanField(help_text="The programme's own budget; departments have marks of their own.")
    departments = DepartmentBudgetAnswer(
        many=True, required=False, help_text="Only where departments have budgets of their own; part of `left`."
    )


class FundingAnswer(serializers.Serializer[Any]):
    """Points put into a budget."""

    external_id = serializers.CharField(allow_null=True)
    programme = serializers.CharField()
    points = serializers.IntegerField()
    reference = serializers.CharField(allow_blank=True)
    funded_at = serializers.DateTimeField()
    transfer = serializers.CharField()


class PointsRequestsView(ApiView):
    """/points-requests."""

    scopes: ClassVar = {"POST": "points:write", "GET": "points:read"}

    @describe(
        "Ask for points",
        reads=PointsRequestSerializer,
        answers={201: PointsRequestAnswer, 202: PointsRequestAnswer, 200: PointsRequestAnswer},
        problems=REFUSALS,
        description="201: credited. 202: waits for approval, or for somebody not known yet. "
        "200: the same `external_id` with the same content came before, and this is what came of it.",
    )
    def post(self, request: Request) -> Response:
        """Ask for points for somebody."""
        asked = self.read(PointsRequestSerializer)
        new = NewPointsRequest(source=Source.API, client=_client(request), **asked)
        [submitted] = points_requests.submit([new], at=timezone.now())
        if submitted.points_request is None:
            raise submitted.error or AssertionError("a submission has a row or an error")
        body = representations.points_request(submitted.points_request, wallet=submitted.wallet)
        return Response(body, status=status_of(submitted.points_request, replayed=submitted.replayed))

    @describe("List points requests", filters=PointsRequestFilters, answers={200: PointsRequestAnswer}, paged=True)
    def get(self, request: Request) -> Response:
        """List the points requests of the programmes that the client may use, newest first."""
        rows = queries.search(queries.visible_to(_client(request)), **self.filters(PointsRequestFilters))
        return page(rows, representations.points_requests, request=request)


class PointsRequestView(ApiView):
    """/points-requests/{id}."""

    scopes: ClassVar = {"GET": "points:read"}

    @describe("Read a points request", answers={200: PointsRequestAnswer}, problems=[NotFound])
    def get(self, request: Request, points_request_id: str) -> Response:
        """Return one points request with its person's wallet now."""
        key = ids.key(ids.POINTS_REQUEST, points_request_id)
        row = _found(queries.visible_to(_client(request)).filter(pk=key) if key else None, "points request")
        return Response(representations.points_requests([row])[0])


class ProgrammesView(ApiView):
    """/programmes."""

    scopes: ClassVar = {"GET": "programmes:read"}

    @describe("List programmes", answers={200: ProgrammeAnswer}, paged=True)
    def get(self, request: Request) -> Response:
        """List the programmes that the client may use, newest first."""
        self.filters(NoFilters)
        pagination = NewestFirstPagination()
        rows = pagination.paginate_queryset(queries.usable_by(_client(request)), request) or []
        return pagination.get_paginated_response([representations.programme(row) for row in rows])


class ProgrammeView(ApiView):
    """/programmes/{slug}."""

    scopes: ClassVar = {"GET": "programmes:read"}

    @describe("Read a programme", answers={200: ProgrammeAnswer}, problems=[NotFound])
    def get(self, request: Request, slug: str) -> Response:
        """Return one programme."""
        return Response(representations.programme(_programme(request, slug)))


class BudgetView(ApiView):
    """/programmes/{slug}/budget."""

    scopes: ClassVar = {"GET": "programmes:read"}

    @describe("Read a programme's budget", answers={200: BudgetAnswer}, problems=[NotFound])
    def get(self, request: Request, slug: str) -> Response:
        """Return what the budget got, gave and holds."""
        return Response(representations.budget(_programme(request, slug)))


class FundingsView(ApiView):
    """/programmes/{slug}/fundings."""

    scopes: ClassVar = {"POST": "budgets:write"}

    @describe(
        "Fund a programme's budget",
        reads=FundingSerializer,
        answers={201: FundingAnswer, 200: FundingAnswer},
        problems=[NotFound, PointsOutOfRange, errors.ExternalIdConflict],
        description="200: the same `external_id` with the same content came before.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put points into the budget."""
        programme, at = _programme(request, slug), timezone.now()
        asked = self.read(FundingSerializer)
        funding = fundings.fund(programme=programme, client=_client(request), at=at, **asked)
        return Response(representations.funding(funding), status=201 if funding.funded_at == at else 200)


def _client(request: Request) -> ApiClient:
    client: ApiClient = request.user  # type: ignore[assignment]
    return client


def status_of(row: PointsRequest, *, replayed: bool) -> int:
    """Return the HTTP status that says what came of a points request."""
    if replayed:
        return 200
    return 202 if row.status in WAITING else 201


def _programme(request: Request, slug: str) -> Programme:
    programme: Programme = _found(queries.usable_by(_client(request)).filter(slug=slug), "programme")
    return programme


def _found(rows: QuerySet[Any] | None, noun: str) -> Any:
    row = rows.first() if rows is not None else None
    if row is None:
        raise NotFound(f"There is no such {noun}, or this client may not see it.")
    return row
