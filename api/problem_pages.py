"""The pages that a problem's `type` leads to: what happened, and its cure."""

import inspect
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api import problems
from api.errors import PortalError


@require_safe
def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one kind of problem."""
    error = problems.known().get(code)
    if error is None:
        raise Http404(f'No problem has the code "{code}".')
    return render(request, "api/problem.html", {"error": _shown(error), "paragraphs": explanation(error)})


@require_safe
def problem_list(request: HttpRequest) -> HttpResponse:
    """List every kind of problem."""
    listed = sorted(problems.known().values(), key=lambda error: (error.status, error.code))
    return render(request, "api/problems.html", {"errors": [_shown(error) for error in listed]})


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a paragraph, in code or in prose."""

    text: str
    is_code: bool


def explanation(error: type[PortalError]) -> list[list[Part]]:
    """Return the paragraphs of an error's docstring, without the part for programmers; `…` is code."""
    text = inspect.getdoc(error) or error.title
    paragraphs = text.partition("\n\nArgs:")[0].split("\n\n")
    return [
        [Part(stretch, bool(index % 2)) for index, stretch in enumerate(" ".join(paragraph.split()).split("`"))]
        for paragraph in paragraphs
    ]


def _shown(error: type[PortalError]) -> dict[str, str | int]:
    """Return what a template shows of an error; the class itself it would call."""
    return {"code": error.code, "title": error.title, "status": error.status}
