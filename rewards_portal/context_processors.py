"""What every page's template can use."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    """Return the company's name."""
    return {"company_name": settings.COMPANY_NAME}
