"""The YAML of docs/integrations/ is a configuration file, and every page and sample is named where a reader looks."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from integrations.models import Connection
from integrations.tests import documentation
from integrations.tests.factories import SAMPLES

pytestmark = pytest.mark.django_db


def test_pages_are_those_of_the_named_systems() -> None:
    assert documentation.PAGES == ["cloudevents", "darwinbox", "middleware", "successfactors", "workday"]


@pytest.mark.parametrize("page", documentation.PAGES)
def test_page_is_planned_applied_and_then_no_difference(page: str, tmp_path: Path) -> None:
    file = documentation.write(tmp_path, page)
    with pytest.raises(SystemExit) as caught:
        call_command("config", "plan", file)
    assert caught.value.code == 2
    call_command("config", "apply", file)
    call_command("config", "plan", file)


def test_pages_may_be_used_together(tmp_path: Path) -> None:
    call_command("config", "apply", documentation.write(tmp_path, *documentation.PAGES))
    assert Connection.objects.count() == len(documentation.configuration(*documentation.PAGES)["connections"])


@pytest.mark.parametrize("page", documentation.PAGES)
def test_page_is_named_in_the_index_and_in_the_readme(page: str) -> None:
    assert f"({page}.md)" in documentation.text("README")
    assert f"(docs/integrations/{page}.md)" in (Path(settings.BASE_DIR) / "README.md").read_text()


def test_samples_are_named_on_a_page() -> None:
    pages = " ".join(documentation.text(page) for page in documentation.PAGES)
    quiet = {  # what the portal answers, what it never receives, and the JSON beside its XML
        "successfactors_intelligent_event_ack.xml",
        "successfactors_intelligent_event.json",
        "successfactors_odata_user.json",
        "darwinbox_masterapi_employee.json",
        "darwinbox_masterapi_error.json",
    }
    assert [path.name for path in SAMPLES.iterdir() if path.name not in pages and path.name not in quiet] == []
