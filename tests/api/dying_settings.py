"""The portal's settings, with a process that can be told to die just before its answer leaves it."""

import os
import signal
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from rewards_portal.settings import *  # noqa: F403
from rewards_portal.settings import MIDDLEWARE

MIDDLEWARE = ["tests.api.dying_settings.DyingMiddleware", *MIDDLEWARE]


class DyingMiddleware:
    """Kill this process, as `kill -9` would, once a request with `X-Die` was dealt with and before it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "X-Die" in request.headers:
            os.kill(os.getpid(), signal.SIGKILL)
        return response
