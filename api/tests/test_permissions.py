import pytest
from rest_framework.response import Response

from api.tests.factories import api
from api.views import ApiView

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]


def test_a_missing_scope_is_403_and_named():
    response = api(scopes=["points:read"]).post("/api/v1/gifts", {"points": 1})
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert response["WWW-Authenticate"] == (
        'Bearer realm="Rewards Portal", error="insufficient_scope", scope="points:write"'
    )


def test_each_method_has_its_own_scope():
    http = api(scopes=["points:write"])
    assert http.post("/api/v1/gifts", {"points": 1}).status_code == 201
    assert http.get("/api/v1/gifts").status_code == 403


def test_nobody_on_the_way_keeps_an_answer():
    http = api(scopes=["points:read"])
    assert http.get("/api/v1/gifts")["Cache-Control"] == "no-store"
    assert http.get("/api/v1/fail/missing")["Cache-Control"] == "no-store"


def test_head_is_read_as_get():
    assert api(scopes=["points:read"]).head("/api/v1/gifts").status_code == 200
    assert api(scopes=["points:write"]).head("/api/v1/gifts").status_code == 403


def test_a_view_without_a_scope_for_its_method_cannot_be_written():
    with pytest.raises(TypeError, match="Open answers GET but names no scope"):

        class Open(ApiView):
            def get(self, request):
                return Response()
