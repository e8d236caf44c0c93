"""Shows times as the signed-in person's clock does, and numbers as their language writes them."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


class TimeZoneMiddleware:
    """Activate the signed-in person's time zone and language for the length of a request.

    What somebody chose wins over what their browser asks for, which LocaleMiddleware went by.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        if not request.path.startswith(("/api/", "/static/")) and request.user.is_authenticated:
            try:
                timezone.activate(ZoneInfo(request.user.time_zone))
            except (ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
            if request.user.language in dict(settings.LANGUAGES):
                translation.activate(request.user.language)
        response = self.get_response(request)
        timezone.deactivate()
        return response
