"""Django's and other apps' middleware for pages, which leaves the API's calls alone.

A call of the API carries a token: it has no session, no signed-in person, no form and no language of its own. To get
all that ready, and say so in headers that only browsers read, took a tenth of a call's time.
"""

from collections.abc import Callable
from typing import Any, Final

import csp.middleware
import django.contrib.auth.middleware
import django.contrib.messages.middleware
import django.contrib.sessions.middleware
import django.middleware.csrf
import django.middleware.locale
import django_htmx.middleware
from django.http import HttpRequest, HttpResponse
from django.utils import translation

API: Final = "/api/v1/"


class ForPages:
    """Mixed in before a middleware's class: what is no page goes past it."""

    get_response: Callable[[HttpRequest], Any]

    def __call__(self, request: HttpRequest) -> Any:
        """Answer one request."""
        if request.path.startswith(API):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class CSPMiddleware(ForPages, csp.middleware.CSPMiddleware):
    """For pages."""


class SessionMiddleware(ForPages, django.contrib.sessions.middleware.SessionMiddleware):
    """For pages."""


class LocaleMiddleware(ForPages, django.middleware.locale.LocaleMiddleware):
    """For pages; the API speaks English, whatever the thread's last page spoke."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        translation.deactivate()
        response: HttpResponse = super().__call__(request)
        return response


class CsrfViewMiddleware(ForPages, django.middleware.csrf.CsrfViewMiddleware):
    """For pages; the API's views are exempt, as no browser sends a token unasked."""


class AuthenticationMiddleware(ForPages, django.contrib.auth.middleware.AuthenticationMiddleware):
    """For pages."""


class MessageMiddleware(ForPages, django.contrib.messages.middleware.MessageMiddleware):
    """For pages."""


class HtmxMiddleware(ForPages, django_htmx.middleware.HtmxMiddleware):
    """For pages."""
