"""`manage.py load_demo`: the demo company."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rewards_portal.demo import company


class Command(BaseCommand):
    """Load the demo company, once."""

    help = "Loads the demo company: 200 people, three programmes, thirty products and half a year of history."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, or say that it is there."""
        if company.is_loaded():
            self.stdout.write("The demo company is there already.")
            return
        company.load(at=timezone.now())
        self.stdout.write("The demo company is loaded.")
