"""What becomes one event each."""

from typing import Any


def split(content: Any) -> list[Any]:
    """Return the elements of a top-level list, else the document itself."""
    return content if isinstance(content, list) else [content]


def found(name: str, content: Any) -> list[Any]:
    """Return every value under a name, wherever it stands in a document: middleware wraps messages as it likes.

    What stands below a value that was found is not searched. A list under the name counts as its elements.
    """
    if isinstance(content, list):
        return [each for below in content for each in found(name, below)]
    if not isinstance(content, dict):
        return []
    if name in content:
        value = content[name]
        return value if isinstance(value, list) else [value]
    return [each for below in content.values() for each in found(name, below)]
