"""manage.py config plan FILE | apply FILE [--by NAME] | export | schema."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api.models import ApiClient
from people.models import Person
from rewards_portal import configuration

DIFFERENCE = 2


class Command(BaseCommand):
    """Programmes, rules, connections and the catalogue as a file under version control."""

    help = "Plans, applies or exports the configuration file. plan exits 2 when there is a difference, 0 when none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one of four verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("plan", help="Say what FILE would change.").add_argument("file", metavar="FILE")
        apply = verbs.add_parser("apply", help="Make FILE live, all or nothing.")
        apply.add_argument("file", metavar="FILE")
        apply.add_argument("--by", metavar="NAME", default="", help="Who stands in History: an e-mail or a client id.")
        verbs.add_parser("export", help="Print what is live.")
        verbs.add_parser("schema", help="Print the JSON Schema of the file, for editors.")

    def handle(self, *, verb: str, file: str = "", by: str = "", **_: Any) -> None:
        """Do it."""
        if verb == "export":
            self.stdout.write(configuration.export(), ending="")
            return
        if verb == "schema":
            self.stdout.write(json.dumps(configuration.json_schema(), indent=2, ensure_ascii=False))
            return
        try:
            plan = self._plan(verb, file, by, timezone.now())
        except configuration.FileError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(str(plan))
        if verb == "plan" and not plan.is_empty:
            raise SystemExit(DIFFERENCE)

    def _plan(self, verb: str, file: str, by: str, at: datetime) -> configuration.Plan:
        """Plan the file or apply it."""
        if verb == "plan":
            return configuration.plan_file(file, at=at)
        person, client = _actor(by, at)
        return configuration.apply_file(file, by=person, client=client, at=at)


def _actor(name: str, at: datetime) -> tuple[Person | None, ApiClient | None]:
    """Return the person or the client that a name stands for; neither without a name.

    Raises:
        CommandError: nobody who may sign in, and no open client, has it.
    """
    if not name:
        return None, None
    if person := Person.objects.filter(email=name.strip().lower()).first():
        if person.is_active:
            return person, None
    elif (client := ApiClient.objects.select_related("oauth").filter(pk=name).first()) and client.is_open(at):
        return None, client
    raise CommandError(f"--by: nobody active has the e-mail {name}, and no open client has this id.")
