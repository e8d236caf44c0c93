"""JMESPath, the language of paths into foreign messages: compiled once, no value of the message in an error."""

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

PATH_CHARACTERS_MAX = 500


@lru_cache(maxsize=2048)
def compiled(path: str) -> Any:
    """Return a path ready to search.

    Raises:
        ValueError: it is no JMESPath, with what is wrong and where.
    """
    if not path.strip():
        raise ValueError("The path is empty.")
    if len(path) > PATH_CHARACTERS_MAX:
        raise ValueError(f"The path has more than {PATH_CHARACTERS_MAX} characters.")
    try:
        return jmespath.compile(path)
    except JMESPathError as error:
        column = getattr(error, "lex_position", None)
        where = f" (column {column + 1})" if isinstance(column, int) else ""
        hint = ' Names with anything but letters, digits and _ stand in double quotes, as "Overall_Rating_-_Manager".'
        raise ValueError(f"`{path}` is not a JMESPath{where}.{hint}") from error


def search(path: str, document: Any) -> Any:
    """Return what a path finds in a document; None where it finds nothing, or does not fit what is there."""
    try:
        return compiled(path).search(document)
    except JMESPathError:  # a function over a value of another type, as join over null
        return None
