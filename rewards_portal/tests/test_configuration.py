"""The file and what is live say the same: planned, applied all or nothing, exported and read again."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pghistory
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from integrations.models import Connection
from people.tests.factories import make_person
from programs.models import Programme, RuleVersion
from programs.operations import fundings, rule_changes
from redemptions.models import Product, Supplier
from rewards_portal import configuration
from rewards_portal.configuration import FileError

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DEMO = Path(configuration.__file__).parent.parent / "demo" / "company.yaml"
SMALL = """version: 1
programmes:
  - slug: stars
    name: Stars
    status: active
    approval:
      - {over: 1000, approvals: 1, group: HR approvers}
    rules:
      - slug: top
        event: rated
        when: "event.rating >= 4.0"
        points: "500"
        reason: "Rated {event.rating}"
        once_per: [event.period]
connections:
  - slug: hr
    system: json
    credential: {kind: header, name: X-Api-Key, secret: env:HR_SECRET}
    event: rated
    id: id
    recipient: who
    data:
      rating: {path: rating, as: number}
suppliers:
  - {slug: pool, kind: code_pool}
products:
  - {sku: tea, name: Tea, kind: voucher, category: Food, currency: EUR, denominations: ["10.00"], supplier: pool}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a small configuration file."""
    path = tmp_path / "rewards.yaml"
    path.write_text(SMALL)
    return path


def config(verb: str, *arguments: str | Path) -> tuple[int, str]:
    """Run the command and return how it exited and what it printed."""
    out = StringIO()
    try:
        call_command("config", verb, *map(str, arguments), stdout=out)
    except SystemExit as exit_:
        return int(exit_.code or 0), out.getvalue()
    return 0, out.getvalue()


def refused(verb: str, path: Path) -> str:
    """Return the sentence with which the command refuses a file."""
    with pytest.raises(CommandError) as caught:
        call_command("config", verb, str(path), stdout=StringIO())
    assert caught.value.returncode == 1
    return str(caught.value)


def counts() -> list[int]:
    """Return how many rows of each kind are live."""
    return [model.objects.count() for model in (Programme, Connection, Supplier, Product)]


def test_plan_apply_plan(file: Path) -> None:
    code, planned = config("plan", file)
    assert (code, planned.splitlines()[-1], counts()) == (2, "4 to add, 0 to change, 0 to remove.", [0, 0, 0, 0])
    assert config("apply", file) == (0, planned)
    assert counts() == [1, 1, 1, 1]
    assert config("plan", file) == (0, "No difference.\n")


def test_apply_twice_changes_nothing(file: Path) -> None:
    config("apply", file)
    before = pghistory.models.Context.objects.count(), RuleVersion.objects.count()
    assert config("apply", file) == (0, "No difference.\n")
    assert (pghistory.models.Context.objects.count(), RuleVersion.objects.count()) == before


def test_a_change_is_planned_field_by_field_and_made(file: Path) -> None:
    config("apply", file)
    file.write_text(SMALL.replace('points: "500"', 'points: "600"').replace("over: 1000", "over: 2000"))
    code, planned = config("plan", file)
    assert (code, planned) == (
        2,
        "programmes\n  ~ stars\n      approval.1000: {approvals: 1, group: HR approvers} → removed\n"
        "      approval.2000.approvals: 1\n      approval.2000.group: HR approvers\n"
        "      rules.top.points: '500' → '600'\n\n0 to add, 1 to change, 0 to remove.\n",
    )
    assert config("apply", file) == (0, planned)
    assert [(each.number, each.points) for each in RuleVersion.objects.order_by("number")] == [(1, "500"), (2, "600")]
    assert [step.over for step in Programme.objects.get().approval_steps.all()] == [2000]


def test_a_section_that_is_not_named_is_left_alone(file: Path) -> None:
    config("apply", file)
    file.write_text("version: 1\nproducts: []\n")
    assert config("apply", file)[1] == "products\n  - tea\n\n0 to add, 0 to change, 1 to remove.\n"
    assert counts() == [1, 1, 1, 0]


def test_a_supplier_goes_after_its_products(file: Path) -> None:
    config("apply", file)
    file.write_text("version: 1\nsuppliers: []\nproducts: []\n")
    assert config("apply", file)[0] == 0
    assert counts() == [1, 1, 0, 0]


def test_all_or_nothing(file: Path) -> None:
    """The last entry of the last section is wrong in a way that only the applying finds."""
    file.write_text(SMALL.replace("supplier: pool}", "supplier: nobody}"))
    assert refused("apply", file) == "rewards.yaml:27: There is no supplier nobody. Add it to `suppliers`."
    assert counts() == [0, 0, 0, 0]


def test_plan_says_what_apply_would_refuse(file: Path) -> None:
    config("apply", file)
    fundings.fund(programme=Programme.objects.get(), points=1000, reference="2026", at=AT)
    file.write_text("version: 1\n\nprogrammes: []\n")
    sentence = refused("plan", file)
    assert sentence.startswith("rewards.yaml:3: stars has a funded budget, so it stays")
    assert refused("apply", file) == sentence
    assert counts() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1", "version: 2", "rewards.yaml:1: version must be 1."),
        ("version: 1\n", "", "rewards.yaml:1: version must be 1."),
        ("version: 1", "version: true", "rewards.yaml:1: version must be 1."),
        ("connections:", "conections:", "rewards.yaml:15: conections is not a section. Did you mean connections?"),
        ("suppliers:\n  - {slug: pool, kind: code_pool}", "suppliers:",
         "rewards.yaml:24: suppliers must be a list. Write `suppliers: []` for none."),
        ("  - {slug: pool, kind: code_pool}", "  - pool",
         "rewards.yaml:25: An entry of suppliers must be `slug: …` and so on."),
        ("  - {slug: pool, kind: code_pool}", "  - &p {slug: pool, kind: code_pool}",
         "rewards.yaml:25: Anchors and aliases (& and *) are not read here. Write it out."),
    ],
)  # fmt: skip
def test_the_file_is_refused_with_its_line(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(SMALL.replace(old, new, 1))
    assert refused("plan", file) == said


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("status: active", "state: active", 5),  # an unknown key of a programme
        ("status: active", "status: running", 5),
        ("group: HR approvers", "group: Nobody", 7),
        ("once_per: [event.period]", "once: [event.period]", 14),  # an unknown key of a rule
        ('when: "event.rating >= 4.0"', 'when: "event.rating >="', 11),  # a bad expression
        ('reason: "Rated {event.rating}"', 'reason: "Rated {event.rating"', 13),
        ("system: json", "system: jason", 17),
        ("rating: {path: rating, as: number}", 'rating: {path: "a..b", as: number}', 23),
        ("kind: code_pool", "kind: pool", 25),
        ("category: Food", "category: Fod", 27),
        ('denominations: ["10.00"]', 'denominations: ["10.005"]', 27),
    ],
)
def test_an_entry_is_refused_with_its_line(file: Path, old: str, new: str, line: int) -> None:
    file.write_text(SMALL.replace(old, new, 1))
    assert refused("plan", file).startswith(f"rewards.yaml:{line}: ")


def test_an_entry_given_twice_is_refused(file: Path) -> None:
    file.write_text(SMALL + SMALL.splitlines()[-1].replace("Tea", "Tea again") + "\n")
    assert refused("plan", file).startswith("rewards.yaml:28: ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert refused("plan", tmp_path / "none.yaml") == "none.yaml: The file cannot be read: No such file or directory."
    (tmp_path / "latin.yaml").write_bytes("version: 1\n# Übung".encode("latin-1"))
    assert refused("plan", tmp_path / "latin.yaml") == "latin.yaml: The file is not UTF-8 text."
    (tmp_path / "empty.yaml").write_text("")
    assert refused("plan", tmp_path / "empty.yaml").startswith("empty.yaml: The file must begin with `version: 1`")


def test_a_used_programme_that_is_left_out_is_refused_with_the_line_of_its_section(file: Path) -> None:
    config("apply", file)
    change = {"event_type": "rated", "when": "true", "points": "1", "reason": "Rated", "once_per": []}
    stars, marta = Programme.objects.get(), make_person(name="Marta Silva")
    rule_changes.propose(programme=stars, slug="top", **change, by=marta, at=AT)
    head, rest = SMALL.split("programmes:\n")
    file.write_text(f"{head}programmes: []\nconnections:\n" + rest.split("connections:\n")[1])
    sentence = (
        "rewards.yaml:2: stars has rules that people decided about, so it stays: keep its entry and write `status: "
        "ended` in it, and nothing more is given. `config export` prints the entry as it is live."
    )
    assert (refused("plan", file), refused("apply", file)) == (sentence, sentence)
    file.write_text(SMALL.replace("status: active", "status: ended"))
    assert config("apply", file)[0] == 0


def test_export_of_a_fresh_company_is_valid(tmp_path: Path) -> None:
    code, text = config("export")
    assert text.splitlines()[1:] == ["version: 1", "programmes: []", "connections: []", "suppliers: []", "products: []"]
    (tmp_path / "fresh.yaml").write_text(text)
    assert (code, config("plan", tmp_path / "fresh.yaml")) == (0, (0, "No difference.\n"))


def test_export_reads_as_it_was_written(file: Path) -> None:
    config("apply", file)
    text = config("export")[1]
    for line in (
        "  - slug: stars",
        "      - {over: 1000, approvals: 1, group: HR approvers}",
        "        when: event.rating >= 4.0",
        "        once_per: [event.period]",
        "    credential: {kind: header, name: X-Api-Key, secret: 'env:HR_SECRET'}",
        "    denominations: ['10.00']",
    ):
        assert line in text.splitlines()
    assert [line for line in text.splitlines() if line.endswith((": null", ": {}", ": []", ": ''"))] == []


def test_demo_goes_round(tmp_path: Path) -> None:
    configuration.apply_file(DEMO, by=None, at=AT)
    assert configuration.plan_file(DEMO, at=AT).is_empty
    exported = tmp_path / "exported.yaml"
    exported.write_text(configuration.export())
    assert configuration.plan_file(exported, at=AT).is_empty
    assert configuration.export() == exported.read_text()
    for model in (Product, Supplier, Connection):
        model.objects.all().delete()
    configuration.apply_file(exported, by=None, at=AT)
    assert configuration.plan_file(DEMO, at=AT).is_empty


def test_who_applied_which_file_stands_in_the_history(file: Path) -> None:
    marta = make_person(name="Marta Silva", is_staff=True, is_superuser=True)
    configuration.apply_file(file, by=None, at=AT)
    file.write_text(SMALL.replace("name: Stars", "name: Bright stars"))
    configuration.apply_file(file, by=marta, at=AT)
    client = Client()
    client.force_login(marta)
    page = client.get(f"/admin/programs/programme/{Programme.objects.get().pk}/history/").content.decode()
    renamed, made = sorted(page.split("change-set")[1:3], key=lambda part: ">Marta Silva<" not in part)
    assert "Bright stars" in renamed
    assert "<code>config apply rewards.yaml</code>" in renamed
    assert (">Config apply<" in made, ">Marta Silva<" in made) == (True, False)


def test_an_error_carries_file_and_line(file: Path) -> None:
    file.write_text("version: 1\nproducts: {}\n")
    with pytest.raises(FileError) as caught:
        configuration.apply_file(file, by=None, at=AT)
    assert (caught.value.file, caught.value.line) == ("rewards.yaml", 2)
