"""One folder for each HR system with habits of its own, with these files where it differs from `plain`.

`items.py`: `split(content)`, the things of a message that become one event each where the connection names no `items`.
`answers.py`: `answer(taken)`, what the system expects to hear.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from integrations.enums import System
from integrations.systems.plain import answers as plain_answers
from integrations.systems.plain import items as plain_items
from integrations.systems.plain.answers import Taken
from integrations.systems.successfactors import answers as successfactors_answers
from integrations.systems.successfactors import items as successfactors_items
from integrations.systems.workday import items as workday_items


@dataclass(frozen=True, slots=True)
class Habits:
    """How one system's messages are taken apart, and what it expects to hear."""

    split: Callable[[Any], list[Any]]
    answer: Callable[[Taken], HttpResponse]


PLAIN = Habits(plain_items.split, plain_answers.answer)
SYSTEMS: dict[str, Habits] = {
    System.SUCCESSFACTORS: Habits(successfactors_items.split, successfactors_answers.answer),
    System.WORKDAY: Habits(workday_items.split, plain_answers.answer),
    System.DARWINBOX: PLAIN,
    System.JSON: PLAIN,
    System.XML: PLAIN,
}

__all__ = ["SYSTEMS", "Habits", "Taken"]
