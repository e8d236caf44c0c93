"""The pages on which colleagues recognise each other."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from api.errors import PortalError
from people import presence
from people import queries as people
from people.models import Person
from programs import allowances, queries
from programs.allowances import Offer
from programs.enums import ApprovalSubject, PointsRequestStatus, StepApprover
from programs.forms import OTHER, FindForm, RecogniseForm, choices
from programs.operations import recognitions as operations
from programs.operations.crediting import in_words
from programs.reasons import REASON_CHARACTERS

LINES = 30


@login_required
@require_http_methods(["GET", "POST"])
def recognise(request: HttpRequest) -> HttpResponse:
    """Find a colleague, say what they did, see it as they will, give the points. All of it works without JavaScript."""
    giver, at = presence.person(request), timezone.now()
    offers = allowances.offers(giver, at=at)
    if request.method == "POST":
        return _answer(request, giver, offers)
    found = FindForm(request.GET).chosen()
    offer = next((each for each in offers if each.programme.slug == found["programme"]), offers[0] if offers else None)
    receiver = people.colleague(found["to"], besides=giver) if found["to"] else None
    if offer is None or receiver is None:
        return _find_page(request, giver, offers, offer, found)
    first = {"programme": offer.programme.slug, "to": receiver.employee_number}
    return _form_page(request, RecogniseForm(initial=first, offers=offers, giver=giver), offer, receiver)


@login_required
@require_GET
def recognitions(request: HttpRequest) -> HttpResponse:
    """Show what somebody received, or gave, newest first."""
    person, given = presence.person(request), request.GET.get("show") == "given"
    found = queries.recognitions(person, given=given, before=_key(request.GET.get("before", "")), limit=LINES + 1)
    page = found[:LINES]
    context = {
        "lines": page,
        "given": given,
        "older": page[-1].pk.hex if len(found) > LINES else "",
        "offers": allowances.offers(person, at=timezone.now()),
    }
    return render(request, "programs/recognitions.html", context)


def _answer(request: HttpRequest, giver: Person, offers: list[Offer]) -> HttpResponse:
    """Do what a button of the form says: show what would come of it, go back to it, or give."""
    form = RecogniseForm(request.POST, offers=offers, giver=giver)
    valid, step = form.is_valid(), request.POST.get("step")
    offer, receiver = form.offers.get(request.POST.get("programme", "")), getattr(form, "receiver", None)
    if offer is None or receiver is None or "form_id" in form.errors:
        messages.error(request, "That could not be given, and nothing was. Choose the colleague again.")
        return redirect("recognise")
    if valid and step != "change":
        try:
            if step == "give":
                done = operations.give(**form.asked(), at=timezone.now())
                _say(request, done.points_request.status, done.points_request.points, receiver)
                return redirect(f"{reverse('recognitions')}?show=given")
            status = operations.expected(**form.asked(), at=timezone.now())
            return _preview_page(request, form, offer, receiver, status)
        except PortalError as error:
            form.refuse(error)
    return _form_page(request, form, offer, receiver)


def _say(request: HttpRequest, status: str, points: int, receiver: Person) -> None:
    """Say what came of a gift."""
    if status == PointsRequestStatus.CREDITED:
        messages.success(request, f"{in_words(points)} given to {receiver.name}. They can read it now.")
    else:
        messages.success(
            request, f"{in_words(points)} for {receiver.name} wait for approval. You hear of it either way."
        )


def _find_page(
    request: HttpRequest, giver: Person, offers: list[Offer], offer: Offer | None, found: dict[str, str]
) -> HttpResponse:
    context = {
        "offers": offers,
        "offer": offer,
        "q": found["q"],
        "is_unknown": bool(found["to"]),
        "people": people.colleagues(found["q"], besides=giver) if found["q"] and offer else [],
        "team": people.team(giver) if offer and not found["q"] else [],
    }
    return render(request, "programs/find_colleague.html", context)


def _form_page(request: HttpRequest, form: RecogniseForm, offer: Offer, receiver: Person) -> HttpResponse:
    amounts = choices(offer)
    chosen = form["choice"].value() or (str(amounts[len(amounts) // 2]) if amounts else OTHER)
    context = _shared(offer, receiver) | {
        "form": form,
        "amounts": [(points, str(points), in_words(points)) for points in amounts],
        "chosen": chosen,
        "shown_points": int(chosen) if chosen.isdecimal() and int(chosen) in amounts else None,
        "values": [value.name for value in offer.programme.company_values.all() if value.is_offered],
        "chosen_value": form["value"].value() or "",
        "reason": form["reason"].value() or "",
        "reason_max": REASON_CHARACTERS,
        "approval": _first_approval(offer),
    }
    return render(request, "programs/recognise.html", context)


def _preview_page(
    request: HttpRequest, form: RecogniseForm, offer: Offer, receiver: Person, status: PointsRequestStatus
) -> HttpResponse:
    points = form.cleaned_data["amount"]
    context = _shared(offer, receiver) | {
        "sent": [(name, form[name].value() or "") for name in form.fields],
        "points": points,
        "in_words": in_words(points),
        "left_after": offer.left.left - points,
        "value": form.cleaned_data["value"],
        "reason": form.cleaned_data["reason"],
        "waits": status != PointsRequestStatus.CREDITED,
    }
    return render(request, "programs/recognise_preview.html", context)


def _shared(offer: Offer, receiver: Person) -> dict[str, Any]:
    left = offer.left
    return {
        "offer": offer,
        "receiver": receiver,
        "share": round(100 * left.left / left.whole, 1) if left.whole else 0,
    }


def _first_approval(offer: Offer) -> tuple[int, str] | None:
    """Return above how many points who looks at it first, as `HR approvers look`."""
    steps = [step for step in offer.programme.approval_steps.all() if step.applies_to == ApprovalSubject.REQUESTS]
    first = min(steps, key=lambda step: step.over, default=None)
    if first is None:
        return None
    return first.over, "their manager looks" if first.approver == StepApprover.MANAGER else f"{first.group.name} look"


def _key(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None
