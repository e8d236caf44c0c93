"""Seals the ledger now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from wallets.operations import seals


class Command(BaseCommand):
    """What the scheduler does every few minutes."""

    help = "Seals the transfers that are final, and copies the newest seal to SEAL_TARGET where one is set."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Seal and copy; exit 1 when the copy did not arrive."""
        at = timezone.now()
        made, total = seals.seal(at=at), 0
        while made:
            total += made
            made = seals.seal(at=at)
        self.stdout.write(f"{total} seal{'' if total == 1 else 's'} made")
        copied = seals.copy(at=timezone.now())
        if copied is not None:
            self.stdout.write(
                f"{copied.seal} is copied" if copied.copied_at else f"{copied.seal} could not be copied: {copied.error}"
            )
            if copied.copied_at is None:
                raise SystemExit(1)
