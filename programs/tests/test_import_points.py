"""The bulk upload from a shell: what it prints, what it writes, and with what it exits."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from people.models import Person
from people.tests.factories import make_person
from programs.models import Programme, Upload
from programs.tests.factories import approvers, make_programme
from wallets import queries as wallet_queries
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


def run(file: Path, *options: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("import_points", str(file), *options, stdout=out, stderr=err)
    except SystemExit as left:
        status = int(left.code or 0)
    return status, out.getvalue(), err.getvalue()


def written(folder: Path, *rows: str, header: str = "recipient,points,reason") -> Path:
    file = folder / "march.csv"
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def available(person: Person) -> int:
    return wallet_queries.wallet(person).available


@pytest.fixture
def programme() -> Programme:
    return make_programme(slug="spot", steps=[(1000, 1)])


def test_good_file_is_credited(tmp_path: Path, programme: Programme) -> None:
    ana, ben = make_person(), make_person()
    file = written(tmp_path, f"{ana.employee_number},500,Q3", f"{ben.employee_number},2000,Q3")

    assert run(file, "--programme", "spot") == (0, "1 row credited, 500 points. 1 row waiting for approval.\n", "")
    assert (available(ana), available(ben)) == (500, 0)
    assert list(findings()) == []


def test_same_file_twice_credits_once(tmp_path: Path, programme: Programme) -> None:
    ana = make_person()
    file = written(tmp_path, f"{ana.employee_number},500,Q3")
    run(file, "--programme", "spot")

    said = "1 row credited by an earlier upload, left as before.\n0 rows credited, 0 points.\n"
    assert run(file, "--programme", "spot") == (0, said, "")
    assert available(ana) == 500


def test_bad_rows_are_named_and_nothing_is_credited(tmp_path: Path, programme: Programme) -> None:
    ana = make_person()
    file = written(tmp_path, f"{ana.employee_number},500,Q3", "nobody,5,Q3", f"{ana.employee_number},1.5,Q4")

    status, out, err = run(file, "--programme", "spot")
    assert (status, available(ana)) == (1, 0)
    assert out == ("Nothing was credited: 2 of 3 rows cannot be. Mend them, or leave them out with --skip-bad.\n")
    assert err == (
        "Row 3: Nobody has nobody. Check it, or add the person first.\n"
        "Row 4: Points must be a whole number from 1, in digits alone, such as 1500.\n"
    )
    assert not (tmp_path / "march.csv.rejected.csv").exists()
    assert Upload.objects.get().status == "cancelled"


def test_skip_bad_credits_the_good_and_writes_the_rest_so_that_it_can_be_mended(
    tmp_path: Path, programme: Programme
) -> None:
    ana, ben = make_person(), make_person()
    file = written(tmp_path, f"{ana.employee_number},500,Q3", f'{ben.employee_number},"1,000",Q3')
    rejected = tmp_path / "march.csv.rejected.csv"

    status, out, _ = run(file, "--programme", "spot", "--skip-bad")
    assert (status, out) == (0, f"1 row left out: {rejected}\n1 row credited, 500 points.\n")
    assert (available(ana), available(ben)) == (500, 0)
    assert rejected.read_bytes().decode() == (
        "recipient,points,reason,external_id,credit_on,what_to_do\r\n"
        f'{ben.employee_number},"1,000",Q3,,,"Points must be a whole number in digits alone, such as 1000."\r\n'
    )
    rejected.write_text(rejected.read_text().replace('"1,000"', "1000"))
    assert run(rejected, "--programme", "spot")[:2] == (0, "1 row credited, 1,000 points.\n")
    assert available(ben) == 1000


def test_skip_bad_with_nothing_but_bad_rows(tmp_path: Path, programme: Programme) -> None:
    status, out, _ = run(written(tmp_path, "nobody,5,Q3"), "--programme", "spot", "--skip-bad")

    assert (status, out.splitlines()[-1]) == (0, "0 rows credited, 0 points.")


@pytest.mark.parametrize(
    ("options", "header", "detail"),
    [
        (("--programme", "nothing"), "recipient,points,reason", "There is no programme nothing."),
        (("--programme", "spot"), "who,points,reason", "march.csv: Row 1 lacks recipient."),
        (("--programme", "spot"), "recipient,points,reason", "march.csv: The file has no rows beneath its header."),
    ],
)
def test_import_that_cannot_start_says_why(
    tmp_path: Path, programme: Programme, options: tuple[str, ...], header: str, detail: str
) -> None:
    with pytest.raises(CommandError) as refused:
        run(written(tmp_path, header=header), *options)

    assert (str(refused.value)[: len(detail)], Upload.objects.count()) == (detail, 0)


def test_import_of_a_file_that_is_not_there(tmp_path: Path, programme: Programme) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(tmp_path / "nothing.csv", "--programme", "spot")


AWARDS = "Employee ID;Award;Why;On"
NAMED = ("--map", "recipient=Employee ID", "--map", "points=Award", "--map", "reason=Why")


def test_other_headings_are_named_once_and_remembered(tmp_path: Path, programme: Programme) -> None:
    ana = make_person()
    file = written(tmp_path, f"{ana.employee_number};1.500;Q3;", header=AWARDS)
    with pytest.raises(CommandError, match="Row 1 lacks recipient and points and reason"):
        run(file, "--programme", "spot")
    formats = ("--numbers", "point", "--days", "dmy")
    said = "1 row credited, 500 points.\n"
    programme.approval_steps.all().delete()

    assert run(file, "--programme", "spot", *NAMED, *formats)[:2] == (0, said.replace("500", "1,500"))
    again = written(tmp_path, f"{ana.employee_number};500;Q4;", header=AWARDS)
    assert run(again, "--programme", "spot")[:2] == (0, said)
    assert available(ana) == 2000


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        (("--map", "recipient"), "--map recipient: write it as"),
        (("--map", "recipient=Wage"), "march.csv: No column is named for points and reason."),
        ((*NAMED[:-1], "reason=Wage"), "march.csv: Row 1 has no column “Wage”."),
        (("--numbers", "point"), "march.csv: Row 1 lacks recipient"),
        (("--credit-at", "tomorrow"), "Error: argument --credit-at: tomorrow is no moment."),
    ],
)
def test_options_that_make_no_sense(
    tmp_path: Path, programme: Programme, options: tuple[str, ...], detail: str
) -> None:
    with pytest.raises(CommandError) as refused:
        run(written(tmp_path, "E1;5;Q3;", header=AWARDS), "--programme", "spot", *options)

    assert (str(refused.value)[: len(detail)], Upload.objects.count()) == (detail, 0)


def test_formats_of_a_file_with_our_headings(tmp_path: Path, programme: Programme) -> None:
    ana = make_person()
    file = written(tmp_path, f'{ana.email},"500,00",Q3')

    assert run(file, "--programme", "spot", "--numbers", "point", "--people", "email")[0] == 0
    assert available(ana) == 500


def test_file_for_a_later_time_is_left_to_the_worker(tmp_path: Path, programme: Programme) -> None:
    ana = make_person()
    file = written(tmp_path, f"{ana.employee_number},500,Q3")
    said = "0 rows credited, 0 points. 1 row to be credited on a later day.\n"

    assert run(file, "--programme", "spot", "--credit-at", "2999-06-30T09:00Z") == (0, said, "")
    assert (available(ana), Upload.objects.get().status) == (0, "scheduled")


def test_file_that_needs_an_approval_waits_for_it(tmp_path: Path, programme: Programme) -> None:
    programme.approval_steps.create(applies_to="uploads", over=100, approvals=1, group=approvers())
    ana = make_person()
    file = written(tmp_path, f"{ana.employee_number},500,Q3")
    said = "0 rows credited, 0 points. 1 row wait for an approval of HR approvers.\n"

    assert run(file, "--programme", "spot") == (0, said.replace("row wait", "row waits"), "")
    assert (available(ana), Upload.objects.get().status) == (0, "waiting")
