"""Whether a token's scopes allow a call."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.errors import InsufficientScope, NotAuthenticated

if TYPE_CHECKING:  # DRF's views load this module while they load
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """A view says which scope each method needs: `scopes = {"POST": "points:write", "GET": "points:read"}`."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the token has the scope; a method that the view lacks passes, to be answered 405.

        Raises:
            NotAuthenticated: no token came.
            InsufficientScope: the token lacks the scope that the view names for this method.
        """
        granted: frozenset[str] | None = request.auth  # type: ignore[assignment]
        if granted is None:
            raise NotAuthenticated("Send an access token: Authorization: Bearer …")
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method.lower() not in view.http_method_names or not hasattr(view, method.lower()):
            return True
        scope: str | None = getattr(view, "scopes", {}).get(method)
        if scope is None:
            return False
        if scope not in granted:
            raise InsufficientScope(scope)
        return True
