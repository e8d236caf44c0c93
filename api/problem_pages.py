"""The pages that a problem's `type` leads to: what happened, and its cure."""

import inspect
from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api import problems
from api.errors import PortalError

INTRODUCTION: Final = """# Errors

Every error is `application/problem+json` (RFC 9457), also those of the framework, the router, the parser and the
limiter:

```json
{"type": "https://rewards.acme.example/problems/over_budget", "title": "The budget does not hold enough points",
 "status": 422, "detail": "…", "code": "over_budget", "instance": "/api/v1/points-requests", "request_id": "…",
 "errors": [{"pointer": "/points", "code": "over_budget", "detail": "…"}]}
```

Decide by `code`: it never changes. `detail` is for people. `errors` names each member of the request that cannot be
taken, by a JSON Pointer (RFC 6901). `type` leads to a page of the portal that says the same as this one. `request_id`
stands in our log; quote it when you ask for help.

Send the same again, with the same `Idempotency-Key` or `external_id`, after 408, after 409
`idempotency_key_in_progress`, after 429 when `Retry-After` is over, after every 5xx, and where no answer came. Get a
new token first after 401. Anything else ends the same way until the request is changed.

```sh
curl -s "$PORTAL/api/v1/programmes" -H "Authorization: Bearer nonsense"
```
```json
{"type": "…/problems/invalid_token", … "status": 401, … "code": "invalid_token", "instance": "/api/v1/programmes", …}
```

In Python, what to do about an answer, such that codes which are added later change nothing:

```python
import os

import requests

PORTAL = os.environ["PORTAL"]
AGAIN = {408, 429, 500, 502, 503, 504}


def next_step(answer: requests.Response) -> str:
    if answer.ok:
        return "done"
    problem = answer.json()
    if answer.status_code in AGAIN or problem["code"] == "idempotency_key_in_progress":
        return "send the same again"
    if answer.status_code == 401:
        return "get a token, then send the same again"
    return f"stop and tell somebody: {problem['code']}: {problem['detail']} ({problem['request_id']})"


print(next_step(requests.get(f"{PORTAL}/api/v1/programmes", timeout=30)))
print(next_step(requests.get(f"{PORTAL}/api/v1/nothing", timeout=30)))
```
```text
get a token, then send the same again
stop and tell somebody: not_found: There is nothing here (…)
```

At the token endpoint the errors of RFC 6749 §5.2 keep that form, `application/json` with `error`; problems there have
the member `error` beside their own.

## Codes

Made from the code by `make docs/api/errors.md`."""


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


def markdown() -> str:
    """Return docs/api/errors.md: every code with what its page says, so that the two cannot differ."""
    listed = sorted(problems.known().values(), key=lambda error: (error.status, error.code))
    entries = [
        f"### `{error.code}`\n\n**{error.status}** · {error.title}\n\n" + "\n\n".join(_written(error))
        for error in listed
    ]
    return "\n\n".join([INTRODUCTION, *entries]) + "\n"


def _written(error: type[PortalError]) -> list[str]:
    return [
        "".join(f"`{part.text}`" if part.is_code else part.text for part in paragraph)
        for paragraph in explanation(error)
    ]


def _shown(error: type[PortalError]) -> dict[str, str | int]:
    """Return what a template shows of an error; the class itself it would call."""
    return {"code": error.code, "title": error.title, "status": error.status}
