from pathlib import Path

import pytest
from django.urls import reverse

from api import problems
from api.errors import BodyTooLarge
from api.problem_pages import explanation, markdown

pytestmark = pytest.mark.django_db


def test_every_problem_has_a_page_that_explains_it(client):
    for code, error in problems.known().items():
        response = client.get(f"/problems/{code}")
        assert response.status_code == 200, code
        assert error.title in response.content.decode().replace("&#x27;", "'"), code


def test_a_page_says_what_happened_and_its_cure(client):
    page = client.get("/problems/body_too_large").content.decode()
    assert "The body is over 5 MiB. Send it in several requests, or as an upload." in page


def test_an_unknown_problem_is_404(client):
    assert client.get("/problems/nonsense").status_code == 404


def test_all_of_them_are_listed(client):
    page = client.get(reverse("problems")).content.decode()
    assert all(f'href="/problems/{code}"' in page for code in problems.known())


def test_the_part_for_programmers_is_left_out():
    class Example(BodyTooLarge):
        """What `happened`
        here.

        Its cure.

        Args:
            one: two.
        """

    paragraphs = [[(part.text, part.is_code) for part in paragraph] for paragraph in explanation(Example)]
    assert paragraphs == [[("What ", False), ("happened", True), (" here.", False)], [("Its cure.", False)]]


def test_the_page_of_the_documentation_says_what_the_code_says():
    page = Path(__file__).parents[2] / "docs" / "api" / "errors.md"
    assert page.read_text() == markdown(), "make docs/api/errors.md"
    assert all(f"### `{code}`" in page.read_text() for code in problems.known())
