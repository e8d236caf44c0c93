"""The portal's pages for whoever decides: what waits for them, one of it, many at once, and who decides while away."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from api.errors import PortalError
from approvals import cases, pages, queries
from approvals.forms import AwayForm
from approvals.models import Delegation
from approvals.operations import delegations
from people import presence

LINES = 100


@login_required
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person, the oldest first."""
    person, at = presence.person(request), timezone.now()
    waiting = queries.waiting_for(person, at=at).select_related(*pages.RELATED)
    found = cases.look(list(waiting[:LINES]), person, at=at)
    count = waiting.count() if len(found) >= LINES else len(found)
    context = {
        "cases": found,
        "count": count,
        "points": sum(each.approval.points or 0 for each in found),
        "for_others": queries.stands_in_for(person, at=at),
    }
    return render(request, "approvals/queue.html", context)


@login_required
@require_GET
def case(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Show one approval to whoever may decide it or asked for it; anybody else learns nothing, not even that it is."""
    person, at = presence.person(request), timezone.now()
    approval = pages.rows().filter(pk=approval_id).first()
    found = next(iter(cases.look([approval], person, at=at)), None) if approval else None
    if found is None or not pages.concerns(found, person):
        raise Http404("There is no such approval.")
    return render(request, "approvals/case.html", {"case": found})


@login_required
@require_POST
def together(request: HttpRequest) -> HttpResponse:
    """Show what would be decided at once, with its points, and what would not and why."""
    person = presence.person(request)
    found = pages.chosen(request.POST.getlist("id"), person, at=timezone.now())
    shown = [each for each in found if pages.concerns(each, person)]
    if not shown:
        messages.error(request, "Choose some first.")
        return redirect("approvals")
    return render(request, "approvals/together.html", pages.preview(shown))


@login_required
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Decide about what was shown, and go back to what waits."""
    person = presence.person(request)
    done = pages.decide_many(request, person, at=timezone.now())
    alone = request.POST.get("alone", "")
    return redirect("approvals") if done or not pages.key(alone) else redirect("approval", alone)


@login_required
@require_http_methods(["GET", "POST"])
def away(request: HttpRequest) -> HttpResponse:
    """Show and keep who decides while this person is away."""
    person, at = presence.person(request), timezone.now()
    form = AwayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            named = delegations.name(person=person, **form.named(timezone.get_current_timezone()), by=person, at=at)
        except PortalError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{named.delegate} decides for you while you are away, and was told.")
            return redirect("away")
    context = {"form": form, "ahead": queries.away(person, at=at), "for_others": queries.stands_in_for(person, at=at)}
    return render(request, "approvals/away.html", context)


@login_required
@require_POST
def end_away(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    """End one of this person's own delegations."""
    person = presence.person(request)
    if not Delegation.objects.filter(pk=delegation_id, person=person).exists():
        raise Http404("There is nothing like this to end.")
    delegations.end(delegation_id, by=person, at=timezone.now())
    messages.success(request, "Ended. What waits for you is yours to decide.")
    return redirect("away")
