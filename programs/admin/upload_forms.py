"""The forms of an upload: the file, what its columns are, and nothing else; the operations check what is in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from programs.enums import ProgrammeStatus
from programs.models import Programme, Upload
from programs.upload_files import FILE_BYTES_MAX, Layout, WrittenDays, WrittenNumbers, WrittenPeople
from programs.upload_files.layouts import OURS, REQUIRED, guess

NOT_THERE = "Not in the file"
LABELS = {
    "recipient": "Recipient",
    "points": "Points",
    "reason": "Reason",
    "external_id": "External id",
    "credit_on": "Credit on",
}
HELP = {
    "recipient": "Who gets the points.",
    "reason": "The person reads it.",
    "external_id": "The row's own name, if it has one: it is never credited twice.",
    "credit_on": "The day (UTC) from which the row is credited, if it has one.",
}


class UploadForm(forms.Form):
    """A programme, a file and, if wanted, a time before which nothing of it is credited."""

    programme = forms.ModelChoiceField(
        Programme.objects.filter(status=ProgrammeStatus.ACTIVE), empty_label="Choose a programme"
    )
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="CSV or Excel workbook (.xlsx). Where its columns have other names than in the template, you say "
        "next what they are.",
    )
    credit_at = forms.DateTimeField(
        label="Not before",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zone = timezone.get_current_timezone_name()
        self.fields["credit_at"].help_text = f"Empty: as soon as it is confirmed. Time zone: {zone}."

    def clean_file(self) -> "UploadedFile[Any]":
        """Return the file, if it is not too large to be read at all."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES_MAX:
            raise forms.ValidationError(f"The file is larger than {FILE_BYTES_MAX // 1024**2} MiB. Split it.")
        return file


class ColumnsForm(forms.Form):
    """Which heading of a file is which of our columns, and how the file writes numbers, days and people."""

    def __init__(self, upload: Upload, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=_initial(upload))
        headings = [(heading, heading) for heading in dict.fromkeys(upload.headings) if heading]
        for name in OURS:
            empty = "Choose a column" if name in REQUIRED else NOT_THERE
            self.fields[name] = forms.ChoiceField(
                label=LABELS[name],
                choices=[("", empty), *headings],
                required=name in REQUIRED,
                help_text=HELP.get(name, ""),
                error_messages={"required": "Choose the column that holds this."},
            )
        for name, label, written in (
            ("people", "Recipients are", WrittenPeople),
            ("numbers", "Points are written as", WrittenNumbers),
            ("days", "Days are written as", WrittenDays),
        ):
            self.fields[name] = forms.ChoiceField(label=label, choices=written.choices)
        self.order_fields(["recipient", "people", "points", "numbers", "reason", "external_id", "credit_on", "days"])

    def layout(self) -> Layout:
        """Return what was chosen."""
        chosen = self.cleaned_data
        return Layout(
            columns={name: chosen[name] for name in OURS if chosen[name]},
            numbers=WrittenNumbers(chosen["numbers"]),
            days=WrittenDays(chosen["days"]),
            people=WrittenPeople(chosen["people"]),
        )


def _initial(upload: Upload) -> dict[str, Any]:
    """Return what was said before, or what the headings look like."""
    layout = Layout.of_json(upload.layout) if upload.layout else guess(upload.headings)
    return {**layout.columns, "numbers": layout.numbers, "days": layout.days, "people": layout.people}


def sample_table(upload: Upload) -> list[tuple[str, Sequence[str]]]:
    """Return each heading with what the first rows hold beneath it."""
    return [
        (heading or "No heading", [cells[place] if place < len(cells) else "" for cells in upload.samples])
        for place, heading in enumerate(upload.headings)
    ]
