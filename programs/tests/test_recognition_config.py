"""Allowances and company values in the configuration file."""

from typing import Any

import pytest
import yaml

from api.configuration import ConfigurationError
from people.tests.factories import make_person
from programs.config import SECTIONS
from programs.models import AllowancePolicy, CompanyValue, Programme
from programs.operations import fundings
from programs.tests.factories import AT
from programs.tests.test_recognitions import give

pytestmark = pytest.mark.django_db
SECTION = SECTIONS["programmes"]
THANKS = """
slug: thanks
name: Thank you
status: active
limits: {allowance: {managers: 500, everyone: 100, carry_over: 200}}
recognition: {values: [Own it, Customer first]}
"""


def entry(**changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load(THANKS), **changes}


def apply(*entries: dict[str, Any]) -> None:
    SECTION.apply(SECTION.normalise(list(entries)), removed=[], by=None, at=AT)


def test_what_is_written_is_applied_exported_and_read_as_itself() -> None:
    apply(entry())
    policy = AllowancePolicy.objects.get(programme__slug="thanks")
    assert (policy.managers, policy.everyone, policy.carry_over) == (500, 100, 200)
    [exported] = SECTION.export()
    assert exported["limits"]["allowance"] == {"managers": 500, "everyone": 100, "carry_over": 200}
    assert exported["recognition"] == {"values": ["Own it", "Customer first"]}
    assert SECTION.normalise([exported]) == [exported]


def test_the_same_again_makes_no_history_and_a_change_one() -> None:
    apply(entry())
    history = AllowancePolicy.pgh_event_model.objects, CompanyValue.pgh_event_model.objects
    before = [each.count() for each in history]
    apply(entry())
    assert [each.count() for each in history] == before
    apply(entry(limits={"allowance": {"everyone": 50}}, recognition={"values": ["Customer first", "Own it"]}))
    assert [each.count() for each in history] == [before[0] + 1, before[1] + 2]
    assert SECTION.export()[0]["limits"]["allowance"] == {"managers": 0, "everyone": 50, "carry_over": 0}
    assert SECTION.export()[0]["recognition"] == {"values": ["Customer first", "Own it"]}


def test_what_is_left_out_ends_and_what_was_given_stays() -> None:
    apply(entry())
    programme, giver, receiver = Programme.objects.get(), make_person(), make_person()
    fundings.fund(programme=programme, points=1000, reference="test", at=AT)
    done = give(programme, receiver, giver, value="Own it")
    bare = {"slug": "thanks", "name": "Thank you", "status": "active"}
    apply(bare)
    [exported] = SECTION.export()
    assert "allowance" not in exported["limits"]
    assert "recognition" not in exported
    done.refresh_from_db()
    assert (done.value.name, done.value.is_offered) == ("Own it", False)  # type: ignore[union-attr]
    apply(entry(recognition={"values": ["Own it"]}))
    assert CompanyValue.objects.get(name="Own it").is_offered


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"limits": {"allowance": {}}}, (0, "limits", "allowance")),
        ({"limits": {"allowance": {"managers": 0, "everyone": 0}}}, (0, "limits", "allowance")),
        ({"limits": {"allowance": {"managers": -1}}}, (0, "limits", "allowance", "managers")),
        ({"limits": {"allowance": {"everyone": 10_000_001}}}, (0, "limits", "allowance", "everyone")),
        ({"limits": {"allowance": {"everyone": 1.5}}}, (0, "limits", "allowance", "everyone")),
        ({"limits": {"allowance": {"everyone": 1, "all": 2}}}, (0, "limits", "allowance", "all")),
        ({"recognition": {"values": ["Own it", "Own it"]}}, (0, "recognition", "values", 1)),
        ({"recognition": {"values": ["x" * 61]}}, (0, "recognition", "values", 0)),
        ({"recognition": {"values": ["  "]}}, (0, "recognition", "values", 0)),
        ({"recognition": {"values": [str(n) for n in range(31)]}}, (0, "recognition", "values")),
        ({"recognition": {"value": []}}, (0, "recognition", "value")),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(changes: dict[str, Any], path: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        SECTION.normalise([entry(**changes)])
    assert raised.value.path == path
    assert AllowancePolicy.objects.count() == 0
