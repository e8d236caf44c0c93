"""The page on which HR adds codes to a product: read, look at the counts, add. The codes themselves are never shown."""

import base64
import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from api.money import face_value_in_words
from people.models import Person
from redemptions import code_files, queries
from redemptions.admin.forms import CodesForm
from redemptions.code_files import Codes
from redemptions.models import Product
from redemptions.operations import codes
from redemptions.operations.codes import Added
from vault import encryption

TEMPLATE = "admin/redemptions/product/upload_codes.html"
REFUSED_SHOWN = 200


@sensitive_post_parameters("pasted", "sealed")
@sensitive_variables()
def upload_codes(request: HttpRequest, product: Product, context: dict[str, Any]) -> HttpResponse:
    """Show the form; on POST what it would add; on POST of that page add it, and say what became of each row.

    Between the two pages the codes travel encrypted, for this person and this product alone.

    Args:
        request: by somebody who may add codes.
        product: whose pool it is.
        context: what every page of the admin needs.

    Raises:
        PermissionDenied: the encrypted codes were made for another page.
    """
    page: dict[str, Any] = {**context, "product": product}
    if request.method != "POST":
        page["form"] = CodesForm(product=product)
    elif "sealed" in request.POST:
        page |= _added(request, product)
    else:
        form = CodesForm(request.POST, request.FILES, product=product)
        page |= _checked(request, product, form.cleaned_data) if form.is_valid() else {"form": form}
    page["stock"] = [(each, face_value_in_words(each.face_value, product.currency)) for each in queries.stock(product)]
    response = TemplateResponse(request, TEMPLATE, page)
    response["Cache-Control"] = "no-store"
    return response


def _checked(request: HttpRequest, product: Product, data: dict[str, Any]) -> dict[str, Any]:
    """Return what the page says before anything is added."""
    found: Codes = data["codes"]
    refused = sorted(found.refused + codes.check(product=product, rows=found.rows, at=timezone.now()).refused)
    bad = {number for number, _ in refused}
    counts = code_files.rows_by_value([row for row in found.rows if row.row not in bad])
    return {
        "good": sum(counts.values()),
        "by_value": [(face_value_in_words(value, product.currency), count) for value, count in counts.items()],
        "sealed": _seal(request, product, data),
        **_refused(refused),
    }


def _added(request: HttpRequest, product: Product) -> dict[str, Any]:
    """Add the codes that were looked at; return what the page says of it."""
    data = _open(request, product)
    found = code_files.read(
        data["text"].encode(), product=product, face_value=data["face_value"], has_header=data["has_header"]
    )
    added: Added = codes.add(product=product, rows=found.rows, by=_person(request), at=timezone.now())
    return {"added": added.added, **_refused(sorted(found.refused + added.refused))}


def _refused(refused: list[tuple[int, str]]) -> dict[str, Any]:
    """Return the refused rows, as many as a page can show."""
    return {"refused": refused[:REFUSED_SHOWN], "refused_count": len(refused), "refused_shown": REFUSED_SHOWN}


def _seal(request: HttpRequest, product: Product, data: dict[str, Any]) -> str:
    """Return what was given as text that only this person can hand in again, for this product."""
    content = {name: data[name] for name in ("face_value", "has_header")} | {"text": data["raw"].decode("utf-8-sig")}
    sealed = encryption.encrypt(json.dumps(content), context=_context(request, product))
    return base64.urlsafe_b64encode(sealed).decode()


def _open(request: HttpRequest, product: Product) -> dict[str, Any]:
    """Return what `_seal` was given."""
    try:
        sealed = base64.urlsafe_b64decode(request.POST["sealed"])
        content: dict[str, Any] = json.loads(encryption.decrypt(sealed, context=_context(request, product)))
    except (ValueError, encryption.DecryptionError):
        raise PermissionDenied("These codes were made ready on another page.") from None
    return content


def _context(request: HttpRequest, product: Product) -> str:
    return f"redemptions.upload:{product.pk}:{_person(request).pk}"


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user
