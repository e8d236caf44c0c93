"""What every endpoint is built on."""

import functools
from collections.abc import Iterable
from typing import Any, ClassVar, cast

from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from api import idempotency
from api.deprecation import Deprecation
from api.errors import PortalError
from api.problems import invalid
from api.serializers import StrictSerializer


class JsonAlways(BaseContentNegotiation):
    """Answers JSON whatever `Accept` says: there is nothing else to choose (RFC 9110 §12.5.1 allows it)."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:  # type: ignore[override]
        """Return the parser for the body's media type; None is answered 415."""
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(  # type: ignore[override]
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer."""
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """One address of the API: bearer token, a scope for each method, strict JSON in, JSON or a problem out.

    A view names a scope for each of its methods, checks the body with `read`, makes one call and answers.
    """

    scopes: ClassVar[dict[str, str]] = {}
    deprecations: ClassVar[dict[str, Deprecation]] = {}  # by method; see api.deprecation
    content_negotiation_class = JsonAlways
    metadata_class = None
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        answered = {name.upper() for name in cls.http_method_names if name != "head" and hasattr(cls, name)}
        if unnamed := answered - set(cls.scopes):
            raise TypeError(f"{cls.__name__} answers {', '.join(sorted(unnamed))} but names no scope for it.")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return what every answer carries: what is said of people's points is kept by nobody on the way."""
        ends = self.deprecations.get(str(self.request.method))
        return {
            **super().default_response_headers,
            "Cache-Control": "no-store",
            **(ends.headers if ends else {}),
        }

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Add the link of a deprecated operation to those that the answer has."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        ends = self.deprecations.get(str(request.method))
        if ends and ends.link not in answer.get("Link", ""):
            answer["Link"] = ", ".join(filter(None, [answer.get("Link"), ends.link]))
        return answer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in; a POST with an Idempotency-Key will then take effect once."""
        super().initial(request, *args, **kwargs)
        if "HTTP_IDEMPOTENCY_KEY" in request.META and request.method == "POST" and hasattr(self, "post"):
            vars(self)["post"] = idempotency.once(self, self.post)

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks; a client with a limit is told with every answer what is left of it."""
        super().perform_authentication(request)
        taken = getattr(request.user, "taken", None)
        if taken is not None:
            self.headers.update(taken.headers)

    def read(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the body as checked by a serializer.

        Raises:
            ValidationError: what is wrong, member by member; answered as a 422 problem.
        """
        return _checked(serializer, self.request.data)

    def read_each(self, serializer: type[StrictSerializer], items: Iterable[Any]) -> list[dict[str, Any] | PortalError]:
        """Return each item of a batch as checked by a serializer, or what is wrong with it, in words of `read`.

        Args:
            serializer: of one item; its fields have a short cut (`StrictSerializer.takes`).
            items: as they came.
        """
        takes = cast(StrictSerializer, _reader(serializer)).takes
        return [item if takes(item) else _checked_item(serializer, item) for item in items]

    def filters(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the query parameters as checked by a serializer, without those that name a page.

        Raises:
            ValidationError: one is unknown or wrong.
        """
        given = {name: values[-1] for name, values in self.request.query_params.lists()}
        return _checked(serializer, {name: value for name, value in given.items() if name not in {"cursor", "limit"}})


def _checked(serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    try:
        values: dict[str, Any] = _reader(serializer).run_validation(data)
    except ValidationError:  # told by a serializer of its own, which gathers the errors as DRF has them
        serializer(data=data).is_valid(raise_exception=True)
        raise
    return values


def _checked_item(serializer: type[StrictSerializer], item: Any) -> dict[str, Any] | PortalError:
    try:
        values: dict[str, Any] = _reader(serializer).run_validation(item)
    except ValidationError as error:
        detail: Any = error.detail
    else:
        return values
    if not isinstance(detail, dict):  # the item is null, of which only a serializer of its own says what `read` says
        asked = serializer(data=item)
        asked.is_valid()
        detail = asked.errors
    return invalid(detail)


@functools.cache
def _reader(serializer: type[Serializer[Any]]) -> Serializer[Any]:
    """Return the one serializer that reads all bodies of its kind: DRF copies every field for each that is made.

    Reading changes nothing in it; our serializers keep no context.
    """
    reader = serializer()
    len(reader.fields)  # makes them now, before threads share it
    return reader
