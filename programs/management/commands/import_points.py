"""Credits points to many people from a file."""

import gc
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from api.errors import PortalError
from programs import upload_files, upload_results
from programs.enums import UploadRowStatus, UploadStatus
from programs.errors import UnreadableUpload
from programs.models import Programme, Upload
from programs.operations import uploads
from programs.upload_files import Layout, WrittenDays, WrittenNumbers, WrittenPeople, layouts

BAR_CHARACTERS = 30


class Command(BaseCommand):
    """Every row is checked before a point moves; bad ones are named. Killed half way, it goes on where it stopped."""

    help = (
        "Credits points from a CSV or XLSX file with a header row recipient,points,reason "
        "and optionally external_id,credit_on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the programme and whether bad rows may be left out."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--programme", required=True, metavar="SLUG")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=HEADING",
            help="Which heading of the file is which column, as --map recipient='Employee ID'; remembered for this "
            "programme's files with the same headings.",
        )
        for option, written, what in (
            ("--numbers", WrittenNumbers, "points"),
            ("--days", WrittenDays, "days"),
            ("--people", WrittenPeople, "recipients"),
        ):
            shown = "; ".join(f"{each.value}: {each.label}" for each in written)
            parser.add_argument(option, choices=written.values, help=f"How the file writes {what}. {shown}.")
        parser.add_argument(
            "--credit-at",
            type=_moment,
            metavar="MOMENT",
            help="Credit nothing before, as 2027-06-30T09:00Z. The worker does it then.",
        )
        parser.add_argument(
            "--skip-bad", action="store_true", help="Credit the good rows and write the others to FILE.rejected.csv."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, confirm, credit; exit 1 when rows are bad and may not be left out, or were refused in the end."""
        gc.freeze()  # what is loaded by now stays: looking through it again and again takes a tenth of the time
        file: Path = options["file"]
        upload = self._prepared(file, options)
        self._name(upload_results.to_mend(upload))
        if upload.bad_rows and not options["skip_bad"]:
            uploads.cancel(upload.pk, by=None, at=timezone.now())
            self.stdout.write(
                f"Nothing was credited: {upload.bad_rows} of {_rows(upload.row_count)} cannot be. "
                "Mend them, or leave them out with --skip-bad."
            )
            raise SystemExit(1)
        if upload.bad_rows:
            self._write_rejected(upload, file)
        if upload.repeated_rows:
            self.stdout.write(f"{_rows(upload.repeated_rows)} credited by an earlier upload, left as before.")
        if upload.planned_rows:
            upload = self._credited(upload)
        else:
            uploads.cancel(upload.pk, by=None, at=timezone.now())
        self._sum_up(upload)

    def _prepared(self, file: Path, options: dict[str, Any]) -> Upload:
        slug = options["programme"]
        try:
            programme = Programme.objects.get(slug=slug)
        except Programme.DoesNotExist:
            raise CommandError(f"There is no programme {slug}.") from None
        try:
            with file.open("rb") as opened:
                return uploads.prepare(
                    file=opened,
                    name=file.name,
                    programme=programme,
                    by=None,
                    at=timezone.now(),
                    credit_at=options["credit_at"],
                    layout=_layout(opened, options),
                )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except PortalError as error:
            raise CommandError(f"{file.name}: {error.detail}") from None

    def _credited(self, upload: Upload) -> Upload:
        """Credit batch by batch, beside the worker if there is one; show how far it is."""
        upload = uploads.confirm(upload.pk, by=None, at=timezone.now(), skip_bad=True)
        while upload.status == UploadStatus.CREDITING:
            upload = uploads.credit_batch(upload.pk, at=timezone.now())
            if self.stdout.isatty():
                self._show(upload)
        if self.stdout.isatty():
            self.stdout.write("")
        return upload

    def _show(self, upload: Upload) -> None:
        done = BAR_CHARACTERS * upload.percent // 100
        bar = "█" * done + "░" * (BAR_CHARACTERS - done)
        self.stdout.write(f"\r{bar} {upload.percent}% {upload.settled_rows:,} of {upload.planned_rows:,}", ending="")
        sys.stdout.flush()

    def _name(self, rows: Iterable[tuple[int, str]]) -> None:
        for number, detail in rows:
            self.stderr.write(f"Row {number}: {detail}")

    def _write_rejected(self, upload: Upload, file: Path) -> None:
        rejected = file.with_name(f"{file.name}.rejected.csv")
        with rejected.open("w", encoding="utf-8", newline="") as opened:
            opened.writelines(upload_results.rows_to_mend(upload))
        self.stdout.write(f"{_rows(upload.bad_rows)} left out: {rejected}")

    def _sum_up(self, upload: Upload) -> None:
        counts = upload_results.counts(upload)
        said = [f"{_rows(upload.credited_rows)} credited, {upload.credited_points:,} points."]
        for status, words in (
            (UploadRowStatus.PENDING_APPROVAL, "waiting for approval"),
            (UploadRowStatus.PARKED, "parked: the person is not known yet"),
        ):
            if counts.get(status):
                said.append(f"{_rows(counts[status])} {words}.")
        if upload.status == UploadStatus.WAITING and upload.approval:
            waits, group = "waits" if upload.planned_rows == 1 else "wait", upload.approval.group
            said.append(f"{_rows(upload.planned_rows)} {waits} for an approval of {group}.")
        if upload.status == UploadStatus.SCHEDULED:
            said.append(f"{_rows(upload.planned_rows - upload.settled_rows)} to be credited on a later day.")
        self.stdout.write(" ".join(said))
        if refused := counts.get(UploadRowStatus.REFUSED):
            self._name(upload_results.to_mend(upload, status=UploadRowStatus.REFUSED))
            self.stdout.write(f"{_rows(refused)} refused after the check.")
            raise SystemExit(1)


def _layout(file: IO[bytes], options: dict[str, Any]) -> Layout | None:
    """Return how the file is laid out, as far as the options say; None where they say nothing."""
    written = {name: options[name] for name in ("numbers", "days", "people") if options[name]}
    if not (written or options["map"]):
        return None
    columns = dict(_named(each) for each in options["map"])
    if not columns:
        headings = upload_files.opened(file).headings
        own = layouts.own(headings)
        if own is None:
            raise UnreadableUpload(layouts.unlike_own(headings))
        columns = dict(own.columns)
    return Layout.of_json(Layout().as_json() | written | {"columns": columns})


def _named(option: str) -> tuple[str, str]:
    name, is_named, heading = option.partition("=")
    if not (is_named and heading):
        raise CommandError(f"--map {option}: write it as --map recipient='Employee ID'.")
    return name.strip(), heading.strip()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no moment. Write it as 2027-06-30T09:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
