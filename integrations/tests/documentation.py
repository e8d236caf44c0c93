"""Reads the mappings out of docs/integrations/ and makes them live, so that no page can say what does not work."""

import re
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from programs.models import Programme
from programs.operations import fundings

FOLDER = Path(settings.BASE_DIR) / "docs" / "integrations"
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Pages that hold a mapping: those of systems that the portal only tells have none.
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if BLOCK.search(path.read_text()))


def text(page: str) -> str:
    """Return a page as written."""
    return (FOLDER / f"{page}.md").read_text()


def configuration(*pages: str) -> dict[str, Any]:
    """Return the configuration file that the YAML of pages makes together."""
    together: dict[str, Any] = {"version": 1}
    for page in pages:
        for block in BLOCK.findall(text(page)):
            for section, entries in yaml.safe_load(block).items():
                together.setdefault(section, []).extend(entries)
    return together


def write(folder: Path, *pages: str) -> str:
    """Write the configuration file of pages, and return its path."""
    path = folder / "portal.yaml"
    path.write_text(yaml.safe_dump(configuration(*pages), sort_keys=False))
    return str(path)


def make_live(folder: Path, page: str) -> None:
    """Apply what a page says, as an operator would, and fund its programmes."""
    call_command("config", "apply", write(folder, page))
    for programme in Programme.objects.all():
        fundings.fund(programme=programme, points=1_000_000, reference="test", at=timezone.now())
