"""`manage.py create_api_client`: lets a system call the API."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api.errors import PortalError
from api.operations import clients


class Command(BaseCommand):
    """Make a client and print its id and secret, once, as one JSON object."""

    help = "Makes an API client and prints its id and secret; the secret is never shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the client's name, scopes, limit and programmes."""
        parser.add_argument("name", help="What the admin shows, as SuccessFactors.")
        parser.add_argument("--scopes", required=True, help='Separated by spaces, as "points:write events:write".')
        parser.add_argument("--per-minute", type=int, default=600, help="Requests a minute; 0 is no limit.")
        parser.add_argument("--programmes", default="", help="Slugs separated by commas; all programmes without.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the client.

        Raises:
            CommandError: a scope, the name or the limit cannot be.
        """
        try:
            made = clients.create(
                name=options["name"],
                scopes=options["scopes"].replace(",", " ").split(),
                per_minute=options["per_minute"],
                programmes=[slug.strip() for slug in options["programmes"].split(",") if slug.strip()],
                at=timezone.now(),
            )
        except PortalError as error:
            raise CommandError(error.detail) from error
        shown = {"client_id": made.client_id, "client_secret": made.client_secret, "scopes": made.scopes}
        self.stdout.write(json.dumps(shown))
