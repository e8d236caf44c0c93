"""The file is read as it was meant, and each mistake is named with its line."""

from datetime import date

import pytest

from rewards_portal.configuration.reading import FileError, read


def test_read_values_as_meant() -> None:
    text = "a: NO\nb: 010\nc: 12:30\nd: true\ne: ~\nf: 2026-01-01\ng: 4.5\nh: -3\ni: 'yes'\nj: [on, y]\nk: 1_000\n"
    assert read(text, "x.yaml").data == {
        "a": "NO", "b": "010", "c": "12:30", "d": True, "e": None, "f": date(2026, 1, 1), "g": 4.5, "h": -3, "i": "yes",
        "j": ["on", "y"], "k": "1_000",
    }  # fmt: skip


def test_read_remembers_lines() -> None:
    document = read("version: 1\nprogrammes:\n  - slug: a\n    rules:\n      - slug: b\n        when: 'x'\n", "x.yaml")
    path = ("programmes", 0, "rules", 0)
    assert [document.line((*path, name)) for name in ("slug", "when", "missing")] == [5, 6, 5]
    assert document.line(("programmes", 0, "status")) == 3
    assert document.line(("programmes", 7)) == 2


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 'x.yaml:3: "a" is given twice. Keep one.'),
        ("a:\n  - {b: 1, b: 2}\n", 'x.yaml:2: "b" is given twice. Keep one.'),
        (BOMB, "x.yaml:1: Anchors and aliases (& and *) are not read here. Write it out."),
        ("a: 1\nb: *a\n", "x.yaml:2: Anchors and aliases (& and *) are not read here. Write it out."),
        ("a: !!binary eA==\n", "x.yaml:1: The tag tag:yaml.org,2002:binary is not read here. Write plain values."),
        ("a: !!set {b}\n", "x.yaml:1: The tag tag:yaml.org,2002:set is not read here. Write plain values."),
        ("a: 1\n2: x\n", 'x.yaml:2: The key 2 is not text. Put it in quotes: "2".'),
        ("a: 2026-02-30\n", 'x.yaml:1: "2026-02-30" cannot be read: day is out of range for month.'),
        ("a: [1\nb: 2\n", "x.yaml:2: Expected ',' or ']', but got ':'"),
        ("a: 1\n\tb: 2\n", "x.yaml:2: Found character '\\t' that cannot start any token"),
        ("[" * 40 + "]" * 40, "x.yaml:1: This is nested deeper than 32 levels."),
        ("a: 1\nb: \x07\n", "x.yaml:2: The character U+0007 may not stand in YAML."),
        ("a: 1\n---\nb: 2\n", "x.yaml:2: But found another document"),
    ],
)  # fmt: skip
def test_read_refuses(text: str, said: str) -> None:
    with pytest.raises(FileError) as caught:
        read(text, "/etc/rewards/x.yaml")
    assert str(caught.value) == said
