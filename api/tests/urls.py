"""Addresses that try out what every endpoint is built on."""

from datetime import date

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

import api.urls
from api import ids, pagination
from api.deprecation import Deprecation
from api.docs import describe
from api.errors import NotFound, PointsOutOfRange
from api.fields import MoneyField, PointsField, RecipientField, TextField
from api.serializers import StrictSerializer
from api.tests import factories
from api.views import ApiView


class PartSerializer(StrictSerializer):
    points = PointsField()


class GiftSerializer(StrictSerializer):
    """A gift."""

    recipient = RecipientField(required=False)
    points = PointsField()
    reason = TextField(required=False, max_length=10)
    metadata = serializers.DictField(required=False)
    parts = PartSerializer(many=True, required=False)
    value = MoneyField(required=False)


class NamedSerializer(StrictSerializer):
    """A person's name."""

    name = TextField()


class GiftView(ApiView):
    """Takes a gift and gives back what it read."""

    scopes = {"POST": "points:write", "GET": "points:read"}

    @describe("Give", reads=GiftSerializer, answers={201: GiftSerializer}, problems=[PointsOutOfRange, NotFound])
    def post(self, request: Request) -> Response:
        return Response(GiftSerializer(self.read(GiftSerializer)).data, status=201)

    @describe("Who asks", filters=NamedSerializer, answers={200: NamedSerializer})
    def get(self, request: Request) -> Response:
        return Response({"name": str(request.user), "scopes": sorted(request.auth)})


class EnrolView(ApiView):
    """Writes a row, then answers as the body says; `meet` meets another transaction so many times first."""

    scopes = {"POST": "people:write"}
    meet = 0

    @describe("Enrol", reads=NamedSerializer, answers={201: NamedSerializer})
    def post(self, request: Request) -> Response:
        name = self.read(NamedSerializer)["name"]
        factories.make_user(name=name)
        if EnrolView.meet:
            EnrolView.meet -= 1
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '40001'; END $$")
        if name in FailingView.errors:
            raise FailingView.errors[name]()
        status = int(name) if name.isdigit() else 201
        return Response({"name": name, "key": str(ids.new())}, status=status, headers={"Location": "/here"})


class PeopleView(ApiView):
    """A long list."""

    scopes = {"GET": "people:read"}

    @describe("List people", filters=NamedSerializer, answers={200: NamedSerializer}, paged=True)
    def get(self, request: Request) -> Response:
        everybody = get_user_model().objects.all()
        rows = everybody.filter(**self.filters(NamedSerializer)) if "name" in request.GET else everybody
        return pagination.page(rows, lambda people: [{"name": one.name} for one in people], request=request)


class EndingView(ApiView):
    """Two operations that end, and one that stays."""

    scopes = {"GET": "people:read", "POST": "people:write", "PUT": "people:write"}
    deprecations = {
        "GET": Deprecation(since=date(2027, 1, 1), sunset=date(2027, 7, 1), guide="/problems/"),
        "POST": Deprecation(since=date(2027, 1, 1), guide="/problems/"),
    }

    @describe("List", answers={200: GiftSerializer}, paged=True, description="All of them.")
    def get(self, request: Request) -> Response:
        return pagination.page(get_user_model().objects.all(), lambda people: [{} for _ in people], request=request)

    @describe("Make", reads=NamedSerializer, answers={201: NamedSerializer})
    def post(self, request: Request) -> Response:
        return Response(self.read(NamedSerializer), status=201)

    @describe("Put", answers={200: NamedSerializer})
    def put(self, request: Request) -> Response:
        return Response({"name": "stays"})


class FailingView(ApiView):
    """Raises whatever its path names."""

    scopes = {"GET": "points:read"}
    errors = {
        "bug": lambda: ZeroDivisionError("secret stack"),
        "missing": Http404,
        "denied": PermissionDenied,
        "suspicious": SuspiciousOperation,
        "throttled": lambda: Throttled(wait=3.2),
        "ours": lambda: PointsOutOfRange("Too many.", pointer="/points"),
    }

    @describe("Fail", answers={200: None})
    def get(self, request: Request, kind: str) -> Response:
        raise self.errors[kind]()


def plain_bug(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret stack")


@csrf_protect
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def soap(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<fault/>", status=400, content_type="text/xml")


urlpatterns = [
    path(
        "api/v1/",
        include(
            [
                path("gifts", GiftView.as_view()),
                path("people", PeopleView.as_view()),
                path("ending", EndingView.as_view()),
                path("enrol", EnrolView.as_view()),
                path("enrol/again", EnrolView.as_view()),
                path("fail/<str:kind>", FailingView.as_view()),
                path("plain-bug", plain_bug),
                path("guarded", guarded),
                path("soap", soap),
            ]
        ),
    ),
    path("api/v1/", include(api.urls.api_patterns)),
    path("", include(api.urls.page_patterns)),
]
