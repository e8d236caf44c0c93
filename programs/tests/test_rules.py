from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from people.tests.factories import make_person
from programs.expressions import ExpressionError
from programs.models import Programme, Rule, RuleVersion
from programs.operations import programmes, rules

WORDING: dict[str, Any] = {
    "event_type": "performance.rating_submitted",
    "when": "event.rating >= 4.0",
    "points": "event.rating >= 4.5 ? 1000 : 500",
    "reason": "Rated {event.rating} for {event.period}",
    "once_per": ["event.period"],
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return programmes.create(slug="quarterly", name="Quarterly", by=None, at=timezone.now())


def test_write_makes_a_first_version_live(programme: Programme) -> None:
    author = make_person()
    version = rules.write(programme=programme, slug="top", by=author, **WORDING)
    rule = Rule.objects.get()
    assert (rule.slug, rule.live_version, version.number, version.created_by) == ("top", version, 1, author)
    assert {name: getattr(version, name) for name in WORDING} == WORDING


def test_write_makes_a_new_version_where_something_differs(programme: Programme) -> None:
    first = rules.write(programme=programme, slug="top", by=None, **WORDING)
    second = rules.write(programme=programme, slug="top", by=None, **{**WORDING, "points": "700"})
    assert Rule.objects.get().live_version == second
    assert list(RuleVersion.objects.order_by("number").values_list("number", "points")) == [
        (1, first.points),
        (2, "700"),
    ]


def test_write_makes_no_version_where_nothing_differs(programme: Programme) -> None:
    first = rules.write(programme=programme, slug="top", by=None, **WORDING)
    again = rules.write(programme=programme, slug="top", by=None, **{**WORDING, "once_per": ("event.period",)})
    assert (again, RuleVersion.objects.count()) == (first, 1)


def test_turn_off_leaves_the_versions_and_writing_the_same_turns_it_on(programme: Programme) -> None:
    first = rules.write(programme=programme, slug="top", by=None, **WORDING)
    rules.turn_off(programme=programme, slug="top", by=None)
    assert (Rule.objects.get().live_version, RuleVersion.objects.count()) == (None, 1)
    assert rules.write(programme=programme, slug="top", by=None, **WORDING) == first
    assert Rule.objects.get().live_version == first


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"when": "event.rating >="}, "/when"),
        ({"points": "evnt.rating"}, "/points"),
        ({"reason": "Rated {event.rating"}, "/reason"),
        ({"reason": " "}, "/reason"),
        ({"once_per": ["event.period", "event."]}, "/once_per/1"),
        ({"once_per": ["event.a"] * 6}, "/once_per"),
        ({"event_type": ""}, "/event_type"),
    ],
)
def test_write_refuses_a_wrong_expression_and_writes_nothing(
    programme: Programme, change: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        rules.write(programme=programme, slug="top", by=None, **{**WORDING, **change})
    assert (caught.value.pointer, Rule.objects.count()) == (pointer, 0)


def test_version_never_changes(programme: Programme) -> None:
    version = rules.write(programme=programme, slug="top", by=None, **WORDING)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).update(points="9")
    assert RuleVersion.objects.get().points == WORDING["points"]


def test_unused_version_may_be_deleted(programme: Programme) -> None:
    version = rules.write(programme=programme, slug="top", by=None, **WORDING)
    rules.turn_off(programme=programme, slug="top", by=None)
    version.delete()
    assert RuleVersion.objects.count() == 0


def test_history_says_who_wrote_and_turned_off(programme: Programme) -> None:
    author = make_person()
    rules.write(programme=programme, slug="top", by=author, **WORDING)
    rules.turn_off(programme=programme, slug="top", by=author)
    events = Rule.pgh_event_models["insert"].objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(event.pgh_label, event.pgh_context.metadata["user"]) for event in events] == [
        ("insert", str(author.pk)),
        ("update", str(author.pk)),
        ("update", str(author.pk)),
    ]
