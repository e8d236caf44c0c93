"""Long lists, newest first, a page at a time."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200


class NewestFirstPagination(CursorPagination):
    """Pages by keyset on the primary key, a UUIDv7 that goes with time, so that no page gets slower or shifts.

    Answers `{"results", "next", "previous"}` and the same addresses in a `Link` header (RFC 8288). The cursor is
    opaque; the addresses keep every filter.
    """

    ordering = "-pk"
    page_size = LIMIT_DEFAULT
    max_page_size = LIMIT_MAX
    page_size_query_param = "limit"
    cursor_query_description = "Where the page starts, taken from `next` or `previous`; opaque."
    page_size_query_description = f"How many, 1 to {LIMIT_MAX}."

    def get_page_size(self, request: Request) -> int:
        """Return how many were asked for.

        Raises:
            ValidationError: `limit` is not a whole number from 1 to 200.
        """
        given = request.query_params.get("limit", str(LIMIT_DEFAULT))
        if not given.isascii() or not given.isdigit() or not 1 <= int(given[:9]) <= LIMIT_MAX:
            raise ValidationError({"limit": f"Write a whole number from 1 to {LIMIT_MAX}."}, code="invalid")
        return int(given)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return the rows of the page that the request names."""
        self.key = queryset.model._meta.pk
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place that `cursor` names.

        Raises:
            ValidationError: it did not come from us.
        """
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.key.to_python(cursor.position)
        except (NotFound, ValueError, DjangoValidationError):
            raise ValidationError(
                {"cursor": "Take the cursor from next or previous, whole and unchanged."}, code="invalid"
            ) from None
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the addresses of those beside it."""
        following, previous = self.get_next_link(), self.get_previous_link()
        links = [f'<{url}>; rel="{rel}"' for url, rel in ((following, "next"), (previous, "prev")) if url]
        headers = {"Link": ", ".join(links)} if links else None
        return Response({"results": data, "next": following, "previous": previous}, headers=headers)


def page(rows: QuerySet[Any], represent: Callable[[Sequence[Any]], list[Any]], *, request: Request) -> Response:
    """Answer with one page of rows.

    Args:
        rows: the filtered rows, in any order.
        represent: makes the JSON of a page's rows, all at once, so that what belongs to them is one query.
        request: names the page by `cursor` and `limit`.
    """
    pagination = NewestFirstPagination()
    chosen = pagination.paginate_queryset(rows, request)
    return pagination.get_paginated_response(represent(chosen or []))
