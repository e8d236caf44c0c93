"""Serves docs/api/, so that an engineer at a client needs nothing but the portal's address."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FOLDER: Final = Path(settings.BASE_DIR) / "docs" / "api"


@require_safe
def guide(request: HttpRequest, page: str) -> HttpResponse:
    """Answer with a page as it is written: Markdown, which browsers show as plain text."""
    names = {path.stem: path for path in FOLDER.glob("*.md")}
    if page not in names:
        raise Http404(f'There is no page "{page}".')
    return HttpResponse(names[page].read_bytes(), content_type="text/plain; charset=utf-8")
