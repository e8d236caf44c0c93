"""Proves the ledger."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wallets import ledger_rules, seal_files
from wallets.ledger_rules import Finding


class Command(BaseCommand):
    """Writes each finding as it comes, so that a ledger with a million of them needs no memory for them."""

    help = "Proves every rule of the ledger from the rows alone. Exit 0 and `0 findings`, or 1 and each finding."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --json and --seal."""
        parser.add_argument("--json", action="store_true", help='Prints {"findings": [{"rule", "id", "detail"}]}.')
        parser.add_argument("--seal", type=Path, metavar="FILE", help="A seal that was kept outside, to compare with.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the findings; exit 1 where there was one."""
        write = self._write_json if options["json"] else self._write_lines
        try:
            outside = list(seal_files.differences(options["seal"])) if options["seal"] else []
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        # Closed whatever happens: a connection that still streams spins for ever on the next statement.
        with closing(ledger_rules.findings()) as found:
            if write(chain(outside, found)):
                raise SystemExit(1)

    def _write_lines(self, findings: Iterable[Finding]) -> int:
        count = 0
        for finding in findings:
            count += 1
            self.stdout.write(f"{finding.rule} {finding.id}: {finding.detail}")
        self.stdout.write(f"{count} finding{'' if count == 1 else 's'}")
        return count

    def _write_json(self, findings: Iterable[Finding]) -> int:
        count = 0
        self.stdout.write('{"findings": [', ending="")
        for finding in findings:
            self.stdout.write((", " if count else "") + json.dumps(asdict(finding)), ending="")
            count += 1
        self.stdout.write("]}")
        return count
