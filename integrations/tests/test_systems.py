from integrations import documents
from integrations.systems import SYSTEMS
from integrations.tests.factories import sample


def split(system: str, name: str) -> list[object]:
    return SYSTEMS[system].split(documents.read(sample(name)).content)


def test_successfactors_folds_soap_and_middleware_json_alike() -> None:
    [soap] = split("successfactors", "successfactors_intelligent_event.xml")
    [middleware] = split("successfactors", "successfactors_intelligent_event.json")
    assert soap["keys"] == middleware["keys"] == {"seqNumber": "1", "userId": "104512", "startDate": "2026-11-30"}  # type: ignore[index]
    assert soap["meta"]["type"] == "com.successfactors.Employment.AssignmentInformation.Termination"  # type: ignore[index]
    assert soap["params"] == {  # type: ignore[index]
        "personIdExternal": "104512",
        "perPersonUuid": "0F3A5C2E8D7B4F1C9E6A2B3C4D5E6F70",
        "eventReason": "TERRES",
    }
    assert soap["event"] == {  # type: ignore[index]
        "eventId": "b7c3b3a4-1a77-4c43-9b0f-0e9d5f7d7a10",
        "entityType": "EmpJob",
        "effectiveStartDate": "2026-11-30",
        "publishedAt": "1795420799871",
        "publishedBy": "sfapi_hr",
        "repost": "false",
    }


def test_successfactors_takes_several_events_and_wrappers_of_middleware() -> None:
    event = {"eventId": "1", "params": {"param": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}}
    external = {"externalEventMeta": {"type": "t"}, "events": {"event": [event, {"eventId": "2"}]}}
    content = {"Messages": {"Message1": [{"ExternalEvent": external}, {"ExternalEvent": {"events": ""}}]}}
    assert SYSTEMS["successfactors"].split(content) == [
        {"meta": {"type": "t"}, "event": {"eventId": "1"}, "keys": {}, "params": {"a": ["1", "2"]}},
        {"meta": {"type": "t"}, "event": {"eventId": "2"}, "keys": {}, "params": {}},
    ]


def test_workday_yields_one_thing_per_report_entry() -> None:
    rows = split("workday", "workday_raas_reviews.json")
    assert [row["Employee_ID"] for row in rows] == ["21508", "21509"]  # type: ignore[index]
    [row] = split("workday", "workday_review_completed.xml")
    assert row["Worker"]["ID"][1] == {"@type": "Employee_ID", "#text": "21508"}  # type: ignore[index]


def test_any_system_yields_the_elements_of_a_list_or_the_document() -> None:
    for system in SYSTEMS:
        assert SYSTEMS[system].split([{"a": 1}, {"a": 2}]) == [{"a": 1}, {"a": 2}]
        assert SYSTEMS[system].split({"a": 1}) == [{"a": 1}]
