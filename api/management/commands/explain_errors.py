"""`manage.py explain_errors`: writes docs/api/errors.md."""

from typing import Any

from django.core.management.base import BaseCommand

from api.problem_pages import markdown


class Command(BaseCommand):
    """Print every error that the API answers with, as a page of the documentation."""

    help = "Prints docs/api/errors.md, made from the error classes."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(markdown(), ending="")
