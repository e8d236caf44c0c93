"""Makes people for the tests of every room."""

import itertools
from typing import Any

from people.models import Person

_numbers = itertools.count(1)


def make_person(**fields: Any) -> Person:
    """Create somebody; what is not given is made up. `password=` lets them sign in with it."""
    number = next(_numbers)
    defaults = {
        "email": f"person{number}@acme.example",
        "employee_number": f"T{number:05d}",
        "name": f"Person {number}",
        "country": "DE",
    }
    return Person.objects.create_user(**(defaults | fields))
