"""The inbox."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from messaging import queries
from messaging.operations import inbox as operations
from people import presence

PAGE_SIZE = 30


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what a person was told, newest first, 30 at a time."""
    before = _key(request.GET.get("before", ""))
    found = queries.inbox(presence.person(request), limit=PAGE_SIZE + 1, before=before)
    page, more = found[:PAGE_SIZE], found[PAGE_SIZE:]
    return render(request, "messaging/inbox.html", {"page": page, "older": page[-1].pk if more else None})


@login_required
@require_POST
def read(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Mark a message as read and go where it leads."""
    message = operations.read(message_id, person=presence.person(request), at=timezone.now())
    if message is None:
        raise Http404
    leads_here = url_has_allowed_host_and_scheme(message.path, allowed_hosts=None)
    return redirect(message.path if message.path.startswith("/") and leads_here else "inbox")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    operations.read_all(person=presence.person(request), at=timezone.now())
    return redirect("inbox")


def _key(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None
