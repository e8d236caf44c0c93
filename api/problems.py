"""Turns every error into RFC 9457 problem details."""

import json
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.core import exceptions as django_errors
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import exceptions as drf_errors
from rest_framework.views import set_rollback

from api import errors
from api.errors import MemberError, PortalError

MEDIA_TYPE: Final = "application/problem+json"
BY_STATUS: Final[dict[int, type[PortalError]]] = {
    400: errors.BadRequest,
    401: errors.NotAuthenticated,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    408: errors.RequestTimeout,
    413: errors.BodyTooLarge,
    415: errors.UnsupportedMediaType,
    429: errors.TooManyRequests,
    500: errors.InternalError,
    503: errors.NotReady,
}
# The first that fits: a body over the limit is a SuspiciousOperation too.
OF_DJANGO: Final[dict[type[Exception], type[PortalError]]] = {
    django_errors.RequestDataTooBig: errors.BodyTooLarge,
    django_errors.SuspiciousOperation: errors.BadRequest,
    django_errors.BadRequest: errors.BadRequest,
    django_errors.PermissionDenied: errors.PermissionDenied,
    Http404: errors.NotFound,
    UnreadablePostError: errors.RequestTimeout,
}
# connection_exception, operator_intervention by a shutdown, and a transaction that the server found idle for too long
# (PostgreSQL documentation, appendix A)
LOST: Final = ("08", "57P", "25P03")
# Where clients are OAuth libraries, which look for RFC 6749's `error`. It has no words of its own for these at a token
# endpoint; those of its §4.1.2.1 say what is meant.
OAUTH_PATH: Final = "/oauth/"
OAUTH_ERRORS: Final = {429: "temporarily_unavailable", 500: "server_error", 503: "temporarily_unavailable"}


def problem(error: PortalError, *, request: HttpRequest | None = None) -> dict[str, Any]:
    """Return the members of an error's problem document.

    Args:
        error: what went wrong.
        request: the request it answers. Left out for one item of a batch or one event, whose problem then has no
            `instance` and no `request_id` of its own.
    """
    members: dict[str, Any] = {
        "type": f"{settings.BASE_URL}/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if request is not None:
        members["instance"] = request.path
        members["request_id"] = getattr(request, "request_id", None)
    if listed := error.members:
        members["errors"] = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in listed]
    return members


def response(error: PortalError, *, request: HttpRequest) -> HttpResponse:
    """Return the answer to a request that ended in an error."""
    members = problem(error, request=request)
    if request.path.startswith(OAUTH_PATH):
        named = OAUTH_ERRORS.get(error.status, "invalid_request")
        members |= {"error": named, "error_description": error.detail}
    body = json.dumps(members, ensure_ascii=False)
    return HttpResponse(body, status=error.status, content_type=MEDIA_TYPE, headers=error.headers)


def handle_exception(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answer for an API view that raised; named in `REST_FRAMEWORK["EXCEPTION_HANDLER"]`.

    Returns:
        The problem, or None for what nobody foresaw: Django then logs it, and `api.middleware` makes the problem.
    """
    portal_error = translate(error)
    if portal_error is None:
        return None
    set_rollback()
    answer = response(portal_error, request=context["request"]._request)
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(int(wait) + 1)
    return answer


def translate(error: Exception) -> PortalError | None:
    """Return the error of ours that says what one of Django's or DRF's means; None where there is none."""
    if isinstance(error, PortalError):
        return error
    if isinstance(error, drf_errors.ValidationError):
        return invalid(error.detail)
    if isinstance(error, drf_errors.APIException):
        return BY_STATUS.get(error.status_code, errors.BadRequest)(str(error.detail))
    if isinstance(error, OperationalError | InterfaceError | InternalError) and _is_lost(error):
        return errors.NotReady("The database does not answer. Send the same request again.")
    found = next((ours for theirs, ours in OF_DJANGO.items() if isinstance(error, theirs)), None)
    return found() if found else None


def _is_lost(error: Exception) -> bool:
    """Return whether a connection broke or could not be made, which says nothing about the request that met it.

    What the driver itself finds has no code of the server's.
    """
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(LOST)


def invalid(detail: Any) -> PortalError:
    """Return what a serializer found, as one error with a pointer for each member.

    Where every finding has one and the same code of an error of ours, such as `points_out_of_range`, that is the code
    of the whole; else `invalid_request`.

    Args:
        detail: DRF's nested lists and dicts of ErrorDetail.
    """
    found = [MemberError(_pointer(one.attr), one.code, one.detail) for one in flatten_errors(detail)]
    whole = errors.InvalidRequest(found)
    codes = {one.code for one in found}
    named = known().get(codes.pop()) if len(codes) == 1 else None
    if named is None or named.status != whole.status or named is errors.InvalidRequest:
        return whole
    return _Named(named, whole)


class _Named(PortalError):
    """Findings that all carry the code of one error: they answer under its name."""

    def __init__(self, named: type[PortalError], whole: errors.InvalidRequest) -> None:
        super().__init__(whole.detail)
        self.code, self.title, self.status = named.code, named.title, named.status  # type: ignore[misc]
        self.errors = whole.errors

    @property
    def members(self) -> list[MemberError]:
        return self.errors


def known() -> dict[str, type[PortalError]]:
    """Return every error that has a code, by code, for the pages under /problems/.

    Where a room has its own error of one of our codes, ours stands for both: it is the more general.
    """
    found: dict[str, type[PortalError]] = {}
    for error in _subclasses(PortalError):
        if "code" in vars(error):
            found.setdefault(error.code, error)
    return found


def _subclasses(error: type[PortalError]) -> Iterator[type[PortalError]]:
    for subclass in error.__subclasses__():
        yield from _subclasses(subclass)
        yield subclass


def _pointer(attr: str | None) -> str:
    """Return a JSON Pointer (RFC 6901) for the flattener's path; DRF's name for "the whole" points to its parent."""
    names = attr.split(settings.DRF_STANDARDIZED_ERRORS["NESTED_FIELD_SEPARATOR"]) if attr else []
    if names and names[-1] == "non_field_errors":
        names.pop()
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
