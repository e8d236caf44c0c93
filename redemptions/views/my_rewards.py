"""The pages of what a person has redeemed: the list, and a code shown to its owner."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from people import presence
from redemptions import queries
from redemptions.enums import ProductKind
from redemptions.errors import CodeGone, NotYours
from redemptions.operations import travel_credits, vouchers
from redemptions.queries import Reward, RewardState
from wallets.queries import wallet

SHOWN_SECONDS = 60


@login_required
@require_GET
def my_rewards(request: HttpRequest) -> HttpResponse:
    """Show what the person has: ready, used or expired, as `?show=` says."""
    person = presence.person(request)
    groups = queries.grouped(queries.my_rewards(person))
    show = request.GET.get("show")
    state = RewardState(show) if show in list(RewardState) else RewardState.READY
    shown = groups[state]
    context = {
        "state": state,
        "counts": [(value, label, len(groups[value])) for value, label in _LABELS.items()],
        "credits": [reward for reward in shown if reward.kind == ProductKind.TRAVEL_CREDIT],
        "vouchers": [reward for reward in shown if reward.kind == ProductKind.VOUCHER],
        "on_their_way": queries.on_their_way(person) if state == RewardState.READY else [],
        "balance": wallet(person).available,
    }
    return render(request, "redemptions/my_rewards.html", context)


@require_POST
@presence.required
def reveal_voucher(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Show a voucher's code to its owner: in place for our script, else on a page of its own."""
    return _reveal(request, voucher_id, vouchers.reveal)


@require_POST
@presence.required
def reveal_travel_credit(request: HttpRequest, travel_credit_id: UUID) -> HttpResponse:
    """Show a travel credit's code to its owner: in place for our script, else on a page of its own."""
    return _reveal(request, travel_credit_id, travel_credits.reveal)


@login_required
@require_POST
def mark_used(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Move a voucher to the used ones, or with `undo` back."""
    person = presence.person(request)
    try:
        if "undo" in request.POST:
            vouchers.unmark(voucher_id, person=person)
            messages.success(request, "Back among those that are ready.")
        else:
            vouchers.mark_used(voucher_id, person=person, at=timezone.now())
            messages.success(request, "Moved to Used. You can move it back there.")
    except NotYours:
        raise Http404 from None
    return redirect("my_rewards")


_LABELS = {RewardState.READY: "Ready", RewardState.USED: "Used", RewardState.EXPIRED: "Expired"}


@sensitive_variables("revealed")
def _reveal(request: HttpRequest, reward_id: UUID, reveal: Callable[..., vouchers.RevealedCode]) -> HttpResponse:
    person = presence.person(request)
    try:
        revealed = reveal(reward_id, person=person, at=timezone.now())
    except NotYours:
        raise Http404 from None
    except CodeGone as error:
        messages.error(request, error.detail)
        return redirect("my_rewards")
    context: dict[str, object] = {"revealed": revealed, "seconds": SHOWN_SECONDS}
    if request.headers.get("X-Requested-With") == "fetch":
        return _unstored(render(request, "redemptions/parts/code_shown.html", context))
    reward = next((reward for reward in queries.my_rewards(person) if reward.id == reward_id), None)
    return _unstored(render(request, "redemptions/code.html", {**context, "reward": _or_404(reward)}))


def _or_404(reward: Reward | None) -> Reward:
    if reward is None:
        raise Http404
    return reward


def _unstored(response: HttpResponse) -> HttpResponse:
    """Keep a page with a code in it out of every cache and of the browser's memory of the page."""
    response["Cache-Control"] = "no-store"
    return response
