"""The ledger in the HR admin: looked at, never edited. The pages stay quick when there are millions of rows."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from rest_framework.exceptions import ValidationError

from api import ids
from api.admin import BoundedPaginator, ReadOnlyModelAdmin
from wallets import queries
from wallets.admin_leavers import LeaverPayoutAdmin, LeaverPolicyAdmin
from wallets.api import MomentField
from wallets.enums import HoldStatus
from wallets.errors import InvalidTime
from wallets.models import Account, Hold, Lot, Seal, Transfer

__all__ = ["AccountAdmin", "HoldAdmin", "LeaverPayoutAdmin", "LeaverPolicyAdmin", "LotAdmin", "TransferAdmin"]
MATCHES_MAX = 200  # accounts that a search looks at
LATEST = 20  # transfers and lots on an account's page
MINUTE_CHARACTERS = 16  # 2026-06-30T23:59, as a browser's field for a time gives it


def number(field: str, description: str) -> Callable[[Any], str]:
    """Return a column that writes a number of points with its thousands apart."""

    @admin.display(description=description, ordering=field)
    def column(row: Model) -> str:
        return f"{getattr(row, field):,}"

    column.__name__ = f"{field}_column"  # the class of its cells: the theme sets numbers right
    return column


def holder(field: str, description: str) -> Callable[[Any], str]:
    """Return a column that leads to an account by its holder's name."""

    @admin.display(description=description)
    def column(row: Model) -> str:
        account: Account = getattr(row, field)
        return format_html('<a href="{}">{}</a>', reverse("admin:wallets_account_change", args=[account.pk]), account)

    return column


class LedgerAdmin(ReadOnlyModelAdmin):
    """A list of the ledger, newest first, found by the person, the account's name or the reference.

    A search asks for the accounts first and then for their rows by index: one question over both would read every row.
    """

    account_fields: ClassVar[tuple[str, ...]] = ("account",)
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ["-pk"]
    sortable_by: ClassVar[Any] = ()
    search_fields = ["pk"]  # shows the box; get_search_results does the finding
    search_help_text = "A person's name, employee number or e-mail address, an account's name, or a reference"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows of the accounts that the words fit, and those with exactly this reference."""
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        fits = self.by_reference(term)
        accounts = accounts_of(term)
        for field in self.account_fields:
            fits |= Q(**{f"{field}__in": accounts})
        return queryset.filter(fits), False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return every field that the page shows."""
        return self.fields

    def by_reference(self, term: str) -> Q:
        """Return what finds a row by its own name."""
        return Q(reference=term)


def accounts_of(term: str) -> list[UUID]:
    """Return the account with this key, or those whose person or name fits the words, MATCHES_MAX at most."""
    try:
        return [UUID(term)]
    except ValueError:
        person = (
            Q(person__name__icontains=term) | Q(person__employee_number__iexact=term) | Q(person__email__iexact=term)
        )
        return list(Account.objects.filter(person | Q(name__icontains=term)).values_list("pk", flat=True)[:MATCHES_MAX])


@admin.register(Account)
class AccountAdmin(LedgerAdmin):
    """Where points are: wallets, budgets, and where points come from and end."""

    account_fields = ("pk",)
    list_display = [
        "__str__",
        "kind",
        number("points", "points"),
        number("held", "held"),
        number("available", "available"),
        number("lifetime_earned", "earned"),
        number("lifetime_redeemed", "redeemed"),
        number("lifetime_expired", "expired"),
    ]
    list_filter = ["kind"]
    list_select_related = ["person"]
    sortable_by = ("points", "held")
    search_help_text = "A person's name, employee number or e-mail address, or an account's name"
    fields: ClassVar[Any] = [
        "kind",
        "person",
        number("points", "points"),
        number("held", "held"),
        number("available", "available"),
        number("lifetime_earned", "lifetime earned"),
        number("lifetime_redeemed", "lifetime redeemed"),
        number("lifetime_expired", "lifetime expired"),
        "floor",
        "created_at",
        "closed_at",
    ]

    def by_reference(self, term: str) -> Q:
        """Return what finds an account by its key."""
        return Q(pk__in=[])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Join the person: each row is called by their name."""
        return super().get_queryset(request).select_related("person")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the account with its latest transfers, its lots in the order they are spent, and its open holds.

        With `?at=` it says besides what the account had then.
        """
        account = self.get_object(request, object_id)
        parts = {} if account is None else _parts(account) | _as_of(account, request.GET.get("at", ""))
        return super().change_view(request, object_id, form_url, parts | (extra_context or {}))


def _as_of(account: Account, at: str) -> dict[str, Any]:
    """Return what an account had at a time as it was typed in, in UTC where it names no zone; nothing without one."""
    if not at:
        return {}
    try:
        moment = MomentField().to_internal_value(f"{at}:00Z" if len(at) == MINUTE_CHARACTERS else at)
        was: dict[str, Any] = {"points": queries.points_at(account.pk, moment)}
        if account.person is not None:
            was["wallet"] = queries.wallet(account.person, moment)
    except (ValidationError, InvalidTime):
        return {"as_of": at, "as_of_error": True}
    return {"as_of": at, "as_of_at": moment, "was": was}


def _parts(account: Account) -> dict[str, Any]:
    """Return what belongs to an account, by the names that templates/admin/wallets/account/change_form.html uses."""
    return {
        "statement": queries.account_statement(account.pk, limit=LATEST),
        "lots": queries.open_lots(account)[:LATEST],
        "holds": account.holds.filter(status=HoldStatus.PLACED).order_by("-pk")[:LATEST],
    }


@admin.register(Transfer)
class TransferAdmin(LedgerAdmin):
    """Every movement of points there ever was."""

    account_fields = ("debit", "credit")
    list_display = [
        "effective_at",
        "kind",
        holder("debit", "from"),
        holder("credit", "to"),
        number("points", "points"),
        "reference",
    ]
    list_filter = ["kind"]
    list_select_related = ["debit__person", "credit__person"]
    search_help_text = f"{LedgerAdmin.search_help_text}, or the transfer's id"
    fields: ClassVar[Any] = [
        "effective_at",
        "recorded_at",
        "kind",
        "reference",
        number("points", "points"),
        number("shortfall", "asked for beyond that"),
        holder("debit", "from"),
        number("debit_points_after", "points there after it"),
        holder("credit", "to"),
        number("credit_points_after", "points there after it"),
        "reverses",
    ]

    def by_reference(self, term: str) -> Q:
        """Return what finds a transfer by its reference, or by the id that the API shows."""
        key = ids.key(ids.TRANSFER, term)
        return super().by_reference(term) | (Q(pk=key) if key else Q())


@admin.register(Hold)
class HoldAdmin(LedgerAdmin):
    """Points set aside for orders."""

    list_display = [
        "placed_at",
        holder("account", "wallet"),
        number("points", "points"),
        "status",
        "reference",
        "expires_at",
        "closed_at",
    ]
    list_filter = ["status"]
    list_select_related = ["account__person"]
    fields: ClassVar[Any] = [
        "status",
        holder("account", "wallet"),
        number("points", "points"),
        "reference",
        "placed_at",
        "expires_at",
        "closed_at",
        "transfer",
    ]


class StateFilter(admin.SimpleListFilter):
    """Whether there is anything left, and whether its time is over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("open", "Open"), ("due", "Due, waits for the expiry run"), ("empty", "Used up or expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the lots in the chosen state."""
        chosen = {
            "open": Q(remaining__gt=0),
            "due": Q(remaining__gt=0, expires_at__lte=timezone.now()),
            "empty": Q(remaining=0),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(Lot)
class LotAdmin(LedgerAdmin):
    """Points that were earned together and expire together."""

    list_display = [
        "earned_at",
        holder("account", "wallet"),
        number("points", "points"),
        number("remaining", "remaining"),
        "expires_at",
    ]
    list_filter = [StateFilter]
    list_select_related = ["account__person"]
    search_help_text = "What a person has left, by name, employee number or e-mail address; or a transfer's reference"
    fields: ClassVar[Any] = [
        holder("account", "wallet"),
        "transfer",
        number("points", "points"),
        number("remaining", "remaining"),
        "earned_at",
        "expires_at",
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the open lots of the accounts that the words fit, by the index of spending, and a transfer's lot."""
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        transfers = list(Transfer.objects.filter(reference=term).values_list("pk", flat=True))
        return queryset.filter(Q(account__in=accounts_of(term), remaining__gt=0) | Q(transfer__in=transfers)), False


@admin.register(Seal)
class SealAdmin(ReadOnlyModelAdmin):
    """What shows that no transfer was changed since, and whether the newest seal is kept outside."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ["-pk"]
    list_display = ["number", "sealed_at", number("count", "transfers"), "sha256", "copied"]
    list_select_related = ["copy"]
    fields: ClassVar[Any] = [
        "number",
        "sealed_at",
        "count",
        "first_transfer_id",
        "last_transfer_id",
        "sha256",
        "copied",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return every field that the page shows."""
        return self.fields

    @admin.display(description="hash")
    def sha256(self, seal: Seal) -> str:
        """Return the hash in hexadecimal digits."""
        return bytes(seal.hash).hex()

    @admin.display(description="kept outside")
    def copied(self, seal: Seal) -> str:
        """Return when it was copied, or why it is not there yet; nothing where it was never to be."""
        copy = getattr(seal, "copy", None)
        if copy is None:
            return ""
        if copy.copied_at is not None:
            return f"{timezone.localtime(copy.copied_at):%d %b %Y, %H:%M}"
        return f"not yet, attempt {copy.attempts}: {copy.error}" if copy.attempts else "not yet"
