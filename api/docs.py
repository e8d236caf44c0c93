"""How endpoints are described: OpenAPI 3.1 at /api/v1/schema, for people at /api/docs.

A room describes an endpoint in one line above its method:

    @describe("Ask for points", reads=PointsRequestSerializer, answers={201: PointsRequestAnswer})
    def post(self, request: Request) -> Response: ...
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers

from api.errors import PortalError
from api.oauth import SCOPES
from api.openapi import PROBLEMS_MEMBER
from api.problems import MEDIA_TYPE
from api.schema import Page


class MemberErrorSerializer(serializers.Serializer[Any]):
    """One member of the request that cannot be taken."""

    pointer = serializers.CharField(help_text="Where it stands: a JSON Pointer (RFC 6901), as /points.")
    code = serializers.CharField(help_text="What is wrong, for programs.")
    detail = serializers.CharField(help_text="What is wrong and what to write instead, for people.")


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong, as RFC 9457 has it."""

    type = serializers.URLField(help_text="Leads to a page that explains it.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and what to do.")
    instance = serializers.CharField(required=False, help_text="The path that was called.")
    request_id = serializers.CharField(required=False, help_text="As in X-Request-ID; quote it when you ask for help.")
    code = serializers.CharField(help_text="Never changes; decide by this.")
    errors = MemberErrorSerializer(many=True, required=False)  # type: ignore[assignment]


ANYTHING_ELSE: Final[dict[Any, Any]] = {("default", MEDIA_TYPE): ProblemSerializer}  # filled in by api.openapi
PAGE_PARAMETERS: Final = [
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, description="How many."
    ),
    OpenApiParameter("cursor", str, description="Where the page starts; take it from `next` or `previous`."),
]


def describe(
    summary: str,
    *,
    answers: Mapping[int, Any],
    reads: Any = None,
    filters: Any = None,
    paged: bool = False,
    problems: Sequence[type[PortalError]] = (),
    description: str = "",
    tag: str | None = None,
) -> Callable[[Any], Any]:
    """Return the decorator that describes one method of a view.

    Args:
        summary: what it does, in a few words.
        answers: serializer (or None for no body) by status. Of a list: the serializer of one row; see `paged`.
        reads: serializer of the body.
        filters: serializer of the query.
        paged: whether the answer is a page of a list.
        problems: the errors of its own, beside those that every call can end in (api.openapi).
        description: more than the summary, in Markdown.
        tag: the heading it stands under; by its path when not given.
    """
    return extend_schema(
        summary=summary,
        description=description or None,
        request=reads,
        responses={status: _page_of(one) if paged else one for status, one in answers.items()} | ANYTHING_ELSE,
        parameters=[*([filters] if filters else []), *(PAGE_PARAMETERS if paged else [])],
        tags=[tag] if tag else None,
        extensions={PROBLEMS_MEMBER: [error.code for error in problems]} if problems else None,
    )


def _page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of a page of these rows."""
    members = {
        "results": row(many=True),
        "next": serializers.URLField(allow_null=True, help_text="The page after this one; null on the last."),
        "previous": serializers.URLField(allow_null=True, help_text="The page before this one; null on the first."),
        "__doc__": Page.__doc__,
    }
    return type(f"{row.__name__.removesuffix('Serializer')}Page", (Page,), members)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Client credentials and the scope that each call needs."""

    target_class = "api.authentication.BearerAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return where tokens are had."""
        flow = {"tokenUrl": reverse("oauth-token"), "scopes": SCOPES}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        """Return the scope that the view names for this method."""
        scope = getattr(auto_schema.view, "scopes", {}).get(auto_schema.method)
        return {self.name: [scope] if scope else []}


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON, or YAML for who asks for it."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer]


class DocsView(SpectacularSwaggerSplitView):
    """The OpenAPI document for people; its script and style come by address, as the Content-Security-Policy wants."""

    url_name = "api-schema"
    template_name = "api/docs.html"
