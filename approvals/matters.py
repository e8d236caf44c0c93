"""What may wait for an approval, by kind: the rooms above register theirs, and one place decides them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet
from django.urls import reverse

from approvals.enums import Verdict

Facts = Sequence[tuple[str, str]]


class Decide(Protocol):
    """An operation that decides about a row: `approve` or `reject` of the room that owns it."""

    def __call__(self, row_id: Any, /, *, by: Any, note: str, at: Any) -> Any:
        """Decide, and return the row as it is afterwards."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """One kind of thing that waits, and what a room does with it.

    Args:
        kind: as `NewApproval.kind` says it.
        label: what people call one of them, as `Points request`.
        rows: the rows, with what `facts` and `seen` read; each has an `approval`.
        seen: the hash of what would happen if this row were approved now.
        facts: what approving would do, as names and sentences: all that the hash binds, and what follows from it.
        button: what approving does, with its number, as `Give 200 points to Ana Ribeiro`.
        approve, reject: the operations, by the row's key.
    """

    kind: str
    label: str
    rows: Callable[[], QuerySet[Any]]
    seen: Callable[[Any], str]
    facts: Callable[[Any], Facts]
    button: Callable[[Any], str]
    approve: Decide
    reject: Decide

    def operation(self, verdict: Verdict) -> Decide:
        """Return what decides so."""
        return self.approve if verdict == Verdict.APPROVE else self.reject


_matters: dict[str, Matter] = {}


def register(*matters: Matter) -> None:
    """Make kinds decidable; called once, from the room's `AppConfig.ready`."""
    _matters.update({matter.kind: matter for matter in matters})


def of(kind: str) -> Matter:
    """Return what is registered for a kind.

    Raises:
        KeyError: no room registered it.
    """
    return _matters[kind]


def kinds() -> dict[str, str]:
    """Return the labels of all kinds, by kind, in the order of their labels."""
    return {matter.kind: matter.label for matter in sorted(_matters.values(), key=lambda each: each.label)}


def page(row: Any) -> str:
    """Return the address of a row's page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
