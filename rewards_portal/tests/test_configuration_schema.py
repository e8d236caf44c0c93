"""The schema for editors says what the reader says: every name, no other, on a sample repository that uses them all."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

from api.changes import latest
from api.configuration_reader import Reader
from api.tests.factories import make_client
from people.models import Department
from people.tests.factories import make_person
from programs.models import Programme
from redemptions.models import Product
from rewards_portal import configuration
from rewards_portal.configuration.reading import read
from rewards_portal.configuration.sections import sections

pytestmark = pytest.mark.django_db
ROOT = Path(configuration.__file__).parent.parent.parent
SAMPLES = ROOT / "docs" / "samples" / "configuration"
FILES = ["programmes.yaml", "connections.yaml", "catalogue.yaml"]


@pytest.fixture(autouse=True)
def _department(db: None) -> None:
    Department.objects.create(name="Field sales")


def written(file: Path) -> Any:
    """Return what a file says, days as an editor sees them."""
    data = read(file.read_text(encoding="utf-8"), file.name).data
    return json.loads(json.dumps(data, default=lambda day: day.isoformat() if isinstance(day, date) else day))


def objects(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping with named members that a schema describes, with its path."""
    if "properties" in schema:
        yield path, schema
    for name, member in schema.get("properties", {}).items():
        yield from objects(member, f"{path}/{name}")
    for member in schema.get("patternProperties", {}).values():
        yield from objects(member, f"{path}/*")
    for member in schema.get("anyOf", []):
        yield from objects(member, path)
    if isinstance(schema.get("items"), dict):
        yield from objects(schema["items"], path)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Return the names that readers know, by path, filled as files are read."""
    known: dict[str, set[str]] = defaultdict(set)
    finish = Reader.finish

    def remember(self: Reader) -> None:
        steps = ["*" if "data" in self.path[:place] else step for place, step in enumerate(self.path)]
        known["".join(f"/{step}" for step in steps if not isinstance(step, int))] |= self._known
        finish(self)

    monkeypatch.setattr(Reader, "finish", remember)
    return known


def test_schema_names_what_the_reader_knows_and_nothing_else(taken: dict[str, set[str]]) -> None:
    for section in sections():
        taken.clear()
        for file in FILES:
            if entries := read((SAMPLES / file).read_text(encoding="utf-8"), file).data.get(section.key):
                section.normalise(entries)
        said: dict[str, set[str]] = defaultdict(set)
        for path, schema in objects(section.schema):
            said[path] |= set(schema["properties"])
        assert {path: names for path, names in taken.items() if names} == dict(said), section.key


@pytest.mark.parametrize("file", [*(SAMPLES / name for name in FILES), ROOT / "rewards_portal/demo/company.yaml"])
def test_schema_takes_what_the_reader_takes(file: Path) -> None:
    jsonschema.validate(written(file), configuration.json_schema(), jsonschema.Draft202012Validator)
    call_command("config", "apply", str(file), stdout=StringIO())
    exported = yaml.safe_load(configuration.export())
    again = json.loads(json.dumps(exported, default=str))
    jsonschema.validate(again, configuration.json_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("programmes.yaml", "status: active", "status: actve"),
        ("programmes.yaml", "low_at: 50000", "lowat: 50000"),
        ("programmes.yaml", "per_request: 10000", "per_request: 0"),
        ("programmes.yaml", "slug: top-rating", "slug: top rating"),
        ("programmes.yaml", "approvals: 2", "approvals: 3"),
        ("connections.yaml", "username: sf, ", ""),
        ("connections.yaml", "secret: env:SF_HOOK_SECRET", "secret: hunter2"),
        ("connections.yaml", "as: number", "as: numbr"),
        ("catalogue.yaml", 'min: "20.00"', "min: 20.00"),
        ("catalogue.yaml", "category: Travel", "category: Flights"),
        ("catalogue.yaml", "kind: code_pool", "kind: codes"),
        ("catalogue.yaml", "version: 1", "version: 2"),
    ],
)
def test_editor_and_reader_refuse_the_same_slips(tmp_path: Path, file: str, old: str, new: str) -> None:
    text = (SAMPLES / file).read_text(encoding="utf-8")
    assert old in text
    slip = tmp_path / file
    slip.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written(slip), configuration.json_schema(), jsonschema.Draft202012Validator)
    with pytest.raises(configuration.FileError) as refused:
        configuration.plan_file(slip, at=timezone.now())
    assert refused.value.line is not None


def test_schema_is_one_and_the_one_in_the_sample() -> None:
    jsonschema.Draft202012Validator.check_schema(configuration.json_schema())
    out = StringIO()
    call_command("config", "schema", stdout=out)
    kept = SAMPLES / "rewards.schema.json"
    assert out.getvalue() == kept.read_text(encoding="utf-8"), f"manage.py config schema > {kept.relative_to(ROOT)}"


def test_history_names_who_applied_a_file() -> None:
    marta, pipeline = (
        make_person(name="Marta Silva", email="marta@acme.example"),
        make_client(["programmes:read"], name="deploy"),
    )
    call_command("config", "apply", str(SAMPLES / "programmes.yaml"), by="Marta@acme.example", stdout=StringIO())
    assert latest([Programme])[0].who == str(marta)
    call_command("config", "apply", str(SAMPLES / "catalogue.yaml"), by=pipeline.pk, stdout=StringIO())
    assert latest([Product])[0].who == "API client deploy"


@pytest.mark.parametrize("name", ["nobody@acme.example", "no-such-client"])
def test_apply_refuses_an_actor_that_is_nobody(name: str) -> None:
    with pytest.raises(CommandError, match="--by: nobody active has the e-mail"):
        call_command("config", "apply", str(SAMPLES / "programmes.yaml"), by=name, stdout=StringIO())
    assert Programme.objects.count() == 0


def test_pipeline_calls_what_there_is(tmp_path: Path) -> None:
    """The workflow is YAML whose steps call `each.sh`, and that calls the command for each file of the sample."""
    workflow = yaml.safe_load((SAMPLES / ".github/workflows/configuration.yml").read_text(encoding="utf-8"))
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step.split()[:2] for step in steps if step] == [["./each.sh", "plan"], ["./each.sh", "apply"]]
    asked = tmp_path / "asked"
    portal = tmp_path / ".venv" / "bin" / "python"
    portal.parent.mkdir(parents=True)
    script = f'import sys\nopen({str(asked)!r}, "a").write(" ".join(sys.argv[2:]) + "\\n")\nsys.exit(2)\n'
    portal.write_text(f"#!{sys.executable}\n{script}")
    portal.chmod(0o755)
    environment = {**os.environ, "PORTAL": str(tmp_path)}
    planned = subprocess.run(
        [SAMPLES / "each.sh", "plan"], env=environment, capture_output=True, text=True, check=False
    )
    assert (planned.returncode, planned.stderr) == (0, "")
    assert asked.read_text().splitlines() == [f"config plan {file}" for file in FILES]
    applied = subprocess.run([SAMPLES / "each.sh", "apply"], env=environment, capture_output=True, check=False)
    assert applied.returncode == 2, "an apply that fails must fail the job, at the first file"
    assert asked.read_text().splitlines()[3:] == ["config apply programmes.yaml"]
