"""Reads YAML and remembers where everything stood.

Stricter than YAML 1.1 where it surprises: `NO` is Norway and not false, `010` is text and not eight, `12:30` is text
and not 750. Refused: a key given twice, anchors and aliases (they let a small file grow without bound), tags, and depth
beyond 32.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import yaml

from api.configuration import Path

BYTES_MAX = 5 * 1024 * 1024
DEPTH_MAX = 32
MAPPING, SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
SCALARS = {
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "tag:yaml.org,2002:int": (r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    "tag:yaml.org,2002:float": (r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+0123456789")),
    "tag:yaml.org,2002:timestamp": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", list("0123456789")),
}


class FileError(Exception):
    """A configuration file that cannot be taken: `rewards.yaml:14: what is wrong and what to write instead`."""

    def __init__(self, file: str, line: int | None, detail: str) -> None:
        self.file, self.line, self.detail = file, line, detail
        super().__init__(f"{file}:{line}: {detail}" if line else f"{file}: {detail}")


@dataclass(frozen=True)
class Document:
    """What a file says, and the line on which each thing begins, by its path from the top."""

    file: str
    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int | None:
        """Return the line of the deepest thing on a path that stands in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None

    def error(self, path: Path, detail: str) -> FileError:
        """Return an error about what stands at a path."""
        return FileError(self.file, self.line(path), detail)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with our scalars, without aliases and without bottomless nesting."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _problem(event, "Anchors and aliases (& and *) are not read here. Write it out.")
        if self.depth > DEPTH_MAX:
            raise _problem(event, f"This is nested deeper than {DEPTH_MAX} levels.")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, (_pattern, _first) in SCALARS.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


def read(text: str, file: str) -> Document:
    """Return what a YAML text says.

    Args:
        text: the file's content.
        file: its name, for errors.

    Raises:
        FileError: it is not YAML, or YAML of the kinds refused above.
    """
    name = PurePath(file).name
    if len(text.encode()) > BYTES_MAX:
        raise FileError(name, None, f"The file is larger than {BYTES_MAX // 1024**2} MiB.")
    lines: dict[Path, int] = {}
    try:
        loader = _Loader(text)
        return Document(name, _value(loader, loader.get_single_node(), (), lines), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        detail = str(error.problem or error.context)
        raise FileError(name, mark.line + 1 if mark else None, f"{detail[0].upper()}{detail[1:]}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileError(name, line, f"The character U+{error.character:04X} may not stand in YAML.") from None


def _value(loader: _Loader, node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> Any:
    """Return what a node says, and note the line of it and of all within."""
    if node is None:
        return None
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode) and node.tag == MAPPING:
        return _mapping(loader, node, path, lines)
    if isinstance(node, yaml.SequenceNode) and node.tag == SEQUENCE:
        return [_value(loader, each, (*path, index), lines) for index, each in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and (node.tag in SCALARS or node.tag == "tag:yaml.org,2002:str"):
        try:
            return loader.construct_object(node)
        except ValueError as error:  # 2026-02-30 looks like a date
            raise _problem(node, f'"{node.value}" cannot be read: {error}.') from None
    raise _problem(node, f"The tag {node.tag} is not read here. Write plain values.")


def _mapping(loader: _Loader, node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    """Return a mapping with text keys, each given once; a key's line counts as the line of what it holds."""
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _value(loader, key_node, (*path, "\0key"), {})
        if not isinstance(key, str):
            raise _problem(key_node, f'The key {key_node.value} is not text. Put it in quotes: "{key_node.value}".')
        if key in mapping:
            raise _problem(key_node, f'"{key}" is given twice. Keep one.')
        lines[(*path, key)] = key_node.start_mark.line + 1
        mapping[key] = _value(loader, value_node, (*path, key), lines)
    return mapping


def _problem(where: Any, detail: str) -> yaml.MarkedYAMLError:
    """Return a YAML error at a node or an event."""
    return yaml.MarkedYAMLError(problem=detail, problem_mark=where.start_mark)
