"""The nouns of this room."""

from people.models.department import Department
from people.models.person import Person

__all__ = ["Department", "Person"]
