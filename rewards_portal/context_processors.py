"""What every page's template can use."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from messaging import queries as messaging
from people.models import Person
from wallets.models import Account

THEMES = ("light", "dark")


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the company's name, the chosen theme, and what the top bar shows.

    `balance` (points that can be spent) and `unread` (messages) are each one query, made where a template asks: a page
    that shows neither makes none.
    """
    theme = request.COOKIES.get("theme", "")
    return {
        "company_name": settings.COMPANY_NAME,
        "theme": theme if theme in THEMES else "",
        "balance": cache(lambda: _balance(request)),
        "unread": cache(lambda: _unread(request)),
    }


def _balance(request: HttpRequest) -> int:
    wallet = Account.objects.filter(person=request.user.pk).values_list("points", "held").first()
    return wallet[0] - wallet[1] if wallet else 0


def _unread(request: HttpRequest) -> int:
    return messaging.unread(request.user) if isinstance(request.user, Person) else 0
