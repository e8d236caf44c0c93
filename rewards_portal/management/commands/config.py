"""manage.py config plan FILE | apply FILE | export."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rewards_portal import configuration

DIFFERENCE = 2


class Command(BaseCommand):
    """Programmes, rules, connections and the catalogue as a file under version control."""

    help = "Plans, applies or exports the configuration file. plan exits 2 when there is a difference, 0 when none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one of three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, words in (("plan", "Say what FILE would change."), ("apply", "Make FILE live, all or nothing.")):
            verbs.add_parser(verb, help=words).add_argument("file", metavar="FILE")
        verbs.add_parser("export", help="Print what is live.")

    def handle(self, *, verb: str, file: str = "", **_: Any) -> None:
        """Do it."""
        if verb == "export":
            self.stdout.write(configuration.export(), ending="")
            return
        now = timezone.now()
        try:
            if verb == "plan":
                plan = configuration.plan_file(file, at=now)
            else:
                plan = configuration.apply_file(file, by=None, at=now)
        except configuration.FileError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(str(plan))
        if verb == "plan" and not plan.is_empty:
            raise SystemExit(DIFFERENCE)
