"""Whether the person at the keyboard proved a moment ago that it is them. Asked before a code is shown."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from people.models import Person

View = Callable[..., HttpResponse]


def is_proved(request: HttpRequest) -> bool:
    """Return whether this session signed in, or proved presence again, within ACCOUNT_REAUTHENTICATION_TIMEOUT.

    allauth's own check asks those with a password again right after they signed in, and never asks those who sign in by
    e-mail code alone. What a code is worth does not depend on how its owner signs in, so both get the same here.
    """
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0.0)
    return time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def required(view: View) -> View:
    """Wrap a view so that it answers only where presence is proved; else the person is asked, and comes back to it.

    allauth asks for the password or a second factor and then runs the suspended request. Who has neither signs in anew.
    """

    @login_required
    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_proved(request):
            return view(request, *args, **kwargs)
        if get_adapter().get_reauthentication_methods(request.user):
            raise ReauthenticationRequired
        return redirect("sign_in_again")

    return asked


def person(request: HttpRequest) -> Person:
    """Return who is signed in. For views behind `login_required`, where it cannot be nobody."""
    assert isinstance(request.user, Person)
    return request.user
