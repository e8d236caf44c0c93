"""The one way in: what is credited, waits, is parked, is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from api.tests.factories import make_client
from approvals.models import Approval
from messaging.models import Delivery, Message
from messaging.operations.messages import deliveries_waker
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus, ProgrammeStatus, UnknownRecipients
from programs.models import PointsRequest, Programme
from programs.operations import crediting
from programs.operations.points_requests import NewPointsRequest, Submitted, WalletAfter, submit
from programs.tests.factories import AT, credited, make_programme, new, submit_one
from wallets.ledger_rules import findings
from wallets.models import Account, Lot, Transfer
from wallets.operations import holds

pytestmark = pytest.mark.django_db
UNKNOWN_PROGRAMME = (
    "unknown_programme",
    "/programme",
    422,
    "programme: this client knows none with this slug. Check it, or ask for access.",
)
OUT_OF_RANGE = ("points_out_of_range", "/points", 422, "points must be a whole number from 1 to 10000000.")
CREDITED, PENDING, PARKED = (
    PointsRequestStatus.CREDITED,
    PointsRequestStatus.PENDING_APPROVAL,
    PointsRequestStatus.PARKED,
)


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Any:
    yield
    assert list(findings()) == []


def codes(submitted: Sequence[Submitted]) -> list[str | None]:
    return [each.error.code if each.error else None for each in submitted]


def left(programme: Programme) -> int:
    return Account.objects.get(pk=programme.budget_id).points


def refused(programme: Programme, person: Person | None = None, **fields: Any) -> tuple[str, str | None, int, str]:
    """Submit one request that must be refused; return its code, pointer, status and sentence."""
    before = left(programme)
    done = submit_one(programme, person, **fields)
    assert done.error is not None
    assert (done.points_request, PointsRequest.objects.count(), left(programme)) == (None, 0, before)
    return done.error.code, done.error.pointer, done.error.status, done.error.detail


def test_submit_credits_and_tells(settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    settings.SLACK_BOT_TOKEN = "set"
    programme, person = make_programme(notify=["inbox", "slack"]), make_person()
    with django_capture_on_commit_callbacks() as callbacks:
        done = submit_one(programme, person, metadata={"cycle": "Q3"}, explanation={"event": {"rating": 5}})
    assert callbacks == [deliveries_waker.wake]
    assert [delivery.channel for delivery in Delivery.objects.all()] == ["slack"]
    row = PointsRequest.objects.get()
    assert row == done.points_request
    assert (row.status, row.person, row.points, row.reason) == (CREDITED, person, 500, "Q3 rating 5")
    assert (row.metadata, row.explanation, row.created_at, row.credited_at) == (
        {"cycle": "Q3"},
        {"event": {"rating": 5}},
        AT,
        AT,
    )
    assert row.transfer is not None
    assert (row.transfer.points, row.transfer.reference) == (500, f"pr:{row.pk.hex}")
    assert (done.wallet, left(programme)) == (WalletAfter(available=500, held=0), 99_500)
    message = Message.objects.get()
    assert (message.person, message.kind, message.title) == (person, "points_credited", "You earned 500 points")
    assert (message.body, message.path, message.reference) == ("Q3 rating 5", "/statement", f"pr:{row.pk.hex}")


def test_submit_of_nothing_does_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert submit([], at=AT) == []


def test_submit_finds_the_same_person_by_each_of_their_names() -> None:
    person = make_person(email="Ana@acme.example", employee_number="00217", scim_external_id="abc")
    names = ["00217", "email:ana@ACME.example", "scim:abc"]
    done = submit([new(make_programme(), recipient=name) for name in names], at=AT)
    assert [each.wallet.available for each in done if each.wallet] == [500, 1000, 1500]
    assert {each.points_request.person for each in done if each.points_request} == {person}


# Refusals: each of the contract's codes, not one point moved.


def test_unknown_programme_is_refused() -> None:
    error = submit([replace(new(make_programme(), make_person()), programme="nowhere")], at=AT)[0].error
    assert error is not None
    assert (error.code, error.pointer, error.status, error.detail) == UNKNOWN_PROGRAMME
    assert PointsRequest.objects.count() == 0


def test_programme_that_the_client_may_not_use_is_unknown_to_it() -> None:
    programme = make_programme(slug="secret")
    client = make_client(programmes=["open"])
    assert refused(programme, make_person(), client=client) == UNKNOWN_PROGRAMME


@pytest.mark.parametrize("status", [ProgrammeStatus.DRAFT, ProgrammeStatus.PAUSED, ProgrammeStatus.ENDED])
def test_programme_that_is_not_active_is_refused(status: str) -> None:
    programme = make_programme(status=status)
    said = f"programme: {programme.slug} is {status}. Ask HR when it gives points again."
    assert refused(programme, make_person()) == ("programme_not_active", "/programme", 422, said)


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"starts_on": date(2026, 5, 5)}, "from 2026-05-05 until before further notice"),
        ({"ends_on": date(2026, 5, 4)}, "from any day until before 2026-05-04"),
    ],
)
def test_programme_says_when_it_gives_points(dates: dict[str, date], said: str) -> None:
    programme = make_programme(**dates)
    said = f"programme: {programme.slug} is active {said} only. Ask HR when it gives points again."
    assert refused(programme, make_person()) == ("programme_not_active", "/programme", 422, said)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC), "programme_not_active"),
        (datetime(2026, 5, 1, 0, 0, tzinfo=UTC), None),
        (datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC), None),
        (datetime(2026, 6, 1, 0, 0, tzinfo=UTC), "programme_not_active"),
    ],
)
def test_programme_gives_points_from_its_first_day_until_before_its_last_in_utc(at: datetime, code: str | None) -> None:
    programme = make_programme(starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 1))
    assert codes(submit([new(programme, make_person())], at=at)) == [code]


def test_unknown_recipient_is_refused() -> None:
    said = "recipient: nobody has this employee number, email: address or scim: id. Check it, or add the person first."
    assert refused(make_programme(), recipient="E404") == ("unknown_recipient", "/recipient", 422, said)


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.LEFT])
def test_inactive_recipient_is_refused(status: str) -> None:
    said = f"recipient: this person is {PersonStatus(status).label.lower()} and earns no points."
    assert refused(make_programme(), make_person(status=status)) == ("recipient_inactive", "/recipient", 422, said)


def test_person_whom_the_programme_is_not_for_is_refused() -> None:
    programme = make_programme(eligible='person.country in ["IN", "PT"]')
    said = f'recipient: {programme.slug} is only for person.country in ["IN", "PT"].'
    assert refused(programme, make_person(country="DE")) == ("not_eligible", "/recipient", 422, said)
    assert submit_one(programme, make_person(country="IN")).error is None


def test_each_person_of_a_list_is_judged_alone_and_by_the_day_of_the_request() -> None:
    programme = make_programme(eligible='person.country == "IN" && person.tenure >= 1')
    people = [
        make_person(country=country, joined_on=joined)
        for country, joined in (("DE", date(2020, 1, 1)), ("IN", date(2025, 5, 4)), ("IN", date(2025, 6, 1)))
    ]
    done = submit([new(programme, person) for person in people * 2], at=AT)
    assert codes(done) == ["not_eligible", None, "not_eligible"] * 2


@pytest.mark.parametrize("points", [0, -5, 10_000_001, 2**63])
def test_points_out_of_range_are_refused(points: int) -> None:
    assert refused(make_programme(), make_person(), points=points) == OUT_OF_RANGE


def test_points_up_to_the_ends_of_the_range_are_credited() -> None:
    programme, person = make_programme(budget=10_000_001), make_person()
    assert codes(submit([new(programme, person, points=points) for points in (1, 10_000_000)], at=AT)) == [None] * 2


@pytest.mark.parametrize("points", [True, 5.0, "5", None])
def test_points_that_are_no_integer_are_refused(points: Any) -> None:
    assert refused(make_programme(), make_person(), points=points) == OUT_OF_RANGE


def test_more_points_than_one_request_may_carry_are_refused() -> None:
    programme = make_programme(per_request_limit=500)
    said = f"points: {programme.slug} gives at most 500 points in one request; 501 were asked for."
    assert refused(programme, make_person(), points=501) == ("over_request_limit", "/points", 422, said)
    assert submit_one(programme, make_person(), points=500).error is None


def test_exhausted_budget_is_refused_and_gives_to_the_last_point() -> None:
    programme, person = make_programme(budget=1000), make_person()
    said = "holds fewer than 1,001 points. Ask HR to fund it, or ask for less."
    said = f"points: the budget of {programme.slug} {said}"
    assert refused(programme, person, points=1001) == ("over_budget", "/points", 422, said)
    done = submit([new(programme, person, points=points) for points in (600, 500, 400, 1)], at=AT)
    assert codes(done) == [None, "over_budget", None, "over_budget"]
    assert (left(programme), PointsRequest.objects.count(), Message.objects.count()) == (0, 2, 2)


def test_one_point_is_said_as_one() -> None:
    programme, person = make_programme(budget=1), make_person()
    assert submit_one(programme, person, points=1).error is None
    error = submit_one(programme, person, points=1).error
    said = "holds fewer than 1 point. Ask HR to fund it, or ask for less."
    assert (str(error), Message.objects.get().title) == (
        f"points: the budget of {programme.slug} {said}",
        "You earned 1 point",
    )


def test_what_is_held_is_not_available_after_a_credit() -> None:
    programme, person = make_programme(), make_person()
    credited(programme, person)
    holds.place(account_id=Account.objects.get(person=person).pk, points=120, reference="test:hold", at=AT)
    assert submit_one(programme, person).wallet == WalletAfter(available=880, held=120)


def test_person_limit_counts_what_was_credited_within_its_days_and_what_waits() -> None:
    programme, person = make_programme(per_person_limit=1000, per_person_limit_days=90, steps=[(400, 1)]), make_person()
    submit([new(programme, person, points=300)], at=AT - timedelta(days=91))
    submit([new(programme, person, points=300)], at=AT - timedelta(days=89))
    assert submit_one(programme, person, points=500).points_request.status == PENDING  # type: ignore[union-attr]
    done = submit([new(programme, person, points=201), new(programme, person, points=200)], at=AT)
    assert codes(done) == ["over_person_limit", None]
    assert getattr(done[0].error, "pointer", None) == "/points"
    assert submit_one(programme, make_person(), points=300).error is None
    said = f"points: {programme.slug} gives one person at most {{}} points in 90 days; {{}} are left for this one."
    assert (str(done[0].error), str(submit_one(programme, person).error)) == (
        said.format(1000, 200),
        said.format(1000, 0),
    )
    Programme.objects.update(per_person_limit=999)
    assert str(submit_one(programme, person).error) == said.format(999, 0)


def test_person_limit_counts_on_within_a_list() -> None:
    programme, person = make_programme(per_person_limit=1000, per_person_limit_days=90), make_person()
    done = submit([new(programme, person, points=400) for _ in range(3)], at=AT)
    assert codes(done) == [None, None, "over_person_limit"]


def test_once_key_credits_once_per_person() -> None:
    programme, ana, ben = make_programme(), make_person(), make_person()
    first = submit([new(programme, person, once_key="rule 2026-Q3") for person in (ana, ana, ben)], at=AT)
    assert codes(first) == [None, "already_credited", None]
    [again] = submit([new(programme, ana, once_key="rule 2026-Q3")], at=AT)
    said = "recipient: the rule gives points once for these values, and this person has them or waits for them."
    assert again.error is not None
    assert (again.error.code, again.error.pointer, again.error.detail) == ("already_credited", "/recipient", said)


def test_list_of_somebody_with_a_wallet_and_somebody_without_credits_both() -> None:
    programme, ana, ben = make_programme(), make_person(), make_person()
    credited(programme, ana)
    done = submit([new(programme, ana), new(programme, ben)], at=AT)
    assert [each.wallet.available for each in done if each.wallet] == [1000, 500]


def test_what_is_wrong_with_one_is_said_whatever_became_of_the_first_with_its_once_key() -> None:
    programme, person = make_programme(budget=100), make_person()
    asked = [new(programme, person, once_key="Q3", points=points) for points in (500, 0)]
    assert codes(submit(asked, at=AT)) == ["over_budget", "points_out_of_range"]


def test_once_key_of_what_the_budget_refuses_stays_free() -> None:
    programme, person = make_programme(budget=100), make_person()
    done = submit([new(programme, person, once_key="Q3"), new(programme, person, once_key="Q3", points=50)], at=AT)
    assert codes(done) == ["over_budget", "over_budget"]
    assert submit_one(programme, person, once_key="Q3", points=50).error is None


# external_id: for ever


def test_same_external_id_and_content_is_a_replay() -> None:
    programme, person, client = make_programme(), make_person(), make_client()
    first = submit_one(programme, person, external_id="a", client=client)
    submit_one(programme, person, points=1)
    again = submit_one(programme, person, external_id="a", client=client)
    assert (again.points_request, again.replayed, first.replayed) == (first.points_request, True, False)
    assert again.wallet == WalletAfter(available=501, held=0)
    assert left(programme) == 99_499
    with CaptureQueriesContext(connection) as captured:
        [again] = submit([new(programme, person, external_id="a", client=client)], at=AT)
        assert again.points_request is not None
        assert again.points_request.programme == programme
    first_read = [query["sql"] for query in captured if 'FROM "programs_pointsrequest"' in query["sql"]]
    assert ['"id" IN (' in sql for sql in first_read] == [True]
    assert len(captured) == 5  # a savepoint; look up, nothing to write, the first, the wallet


def test_replay_answers_after_the_programme_has_ended() -> None:
    programme, person = make_programme(), make_person()
    first = submit_one(programme, person, external_id="a")
    Programme.objects.update(status=ProgrammeStatus.ENDED)
    assert submit_one(programme, person, external_id="a").points_request == first.points_request


@pytest.mark.parametrize("change", [{"points": 501}, {"reason": "Q4"}, {"metadata": {"a": 1}}, {"recipient": "E2"}])
def test_same_external_id_with_other_content_is_a_conflict(change: dict[str, Any]) -> None:
    programme, person, client = make_programme(), make_person(), make_client()
    submit_one(programme, person, external_id="a", client=client)
    error = submit_one(programme, person, external_id="a", client=client, **change).error
    assert error is not None
    said = "external_id: it was used before, for other content. Use a new one, or send the first content again."
    assert (error.code, error.status, error.pointer, error.detail) == (
        "external_id_conflict",
        409,
        "/external_id",
        said,
    )
    assert left(programme) == 99_500


def test_external_id_of_another_client_is_another_request() -> None:
    programme, person = make_programme(), make_person()
    for client in (make_client(), make_client(), None):
        assert submit_one(programme, person, external_id="a", client=client).replayed is False
    assert left(programme) == 98_500


def test_external_id_twice_in_one_list_is_one_effect() -> None:
    programme, person = make_programme(), make_person()
    asked = [
        new(programme, person, external_id="a"),
        new(programme, person, external_id="a"),
        new(programme, person, external_id="a", points=1),
    ]
    first, second, third = submit(asked, at=AT)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.points_request == first.points_request
    assert codes([third]) == ["external_id_conflict"]
    assert left(programme) == 99_500


def test_external_id_of_what_was_refused_stays_free() -> None:
    programme, person = make_programme(budget=100), make_person()
    asked = [new(programme, person, external_id="a"), new(programme, person, external_id="a")]
    assert codes(submit(asked, at=AT)) == ["over_budget", "over_budget"]
    assert submit_one(programme, person, external_id="a", points=100).replayed is False


# waiting


def test_points_over_a_threshold_wait_for_its_approvers() -> None:
    programme, person, asker = make_programme(steps=[(1000, 1), (5000, 2)]), make_person(), make_person()
    amounts = [1000, 1001, 5000, 5001]
    done = submit([new(programme, person, points=points, requested_by=asker) for points in amounts], at=AT)
    rows = [each.points_request for each in done if each.points_request]
    assert [row.status for row in rows] == [CREDITED, PENDING, PENDING, PENDING]
    assert [row.approval.required if row.approval else 0 for row in rows] == [0, 1, 1, 2]
    approval = rows[3].approval
    assert approval is not None
    assert (approval.requested_by, approval.beneficiary, approval.group.name) == (asker, person, "HR approvers")
    assert (left(programme), Message.objects.count(), done[3].wallet) == (
        99_000,
        1,
        WalletAfter(available=1000, held=0),
    )


def test_points_for_a_stranger_are_parked_where_the_programme_parks() -> None:
    programme = make_programme(unknown_recipients=UnknownRecipients.PARK)
    done = submit_one(programme, recipient="email:new@acme.example")
    row = PointsRequest.objects.get()
    assert (row.status, row.person, row.next_attempt_at, done.wallet) == (PARKED, None, AT, None)
    assert left(programme) == 100_000


# expiry


@pytest.mark.parametrize(
    ("time_zone", "at", "expires_at"),
    [
        # earned on 5 May in Kolkata, on 4 May in New York: the end of that day a year later, there
        ("Asia/Kolkata", datetime(2026, 5, 4, 21, 0, tzinfo=UTC), datetime(2027, 5, 5, 18, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 5, 5, 2, 0, tzinfo=UTC), datetime(2027, 5, 5, 4, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2025, 10, 25, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
        ("Nowhere/Atall", datetime(2026, 5, 4, 9, 0, tzinfo=UTC), datetime(2027, 5, 5, 0, 0, tzinfo=UTC)),
    ],
)
def test_points_expire_at_the_end_of_the_persons_own_day(time_zone: str, at: datetime, expires_at: datetime) -> None:
    programme, person = make_programme(points_expire_after_days=365), make_person(time_zone=time_zone)
    done = submit([new(programme, person)], at=at)[0]
    assert done.points_request is not None
    assert done.points_request.expires_at == expires_at
    assert Lot.objects.get().expires_at == expires_at


def test_points_never_expire_where_the_programme_says_so() -> None:
    submit_one(make_programme(points_expire_after_days=None), make_person())
    assert Lot.objects.get().expires_at is None


# cost


def cost(requests: Sequence[NewPointsRequest]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert set(codes(submit(requests, at=AT))) == {None}
    return len(captured)


def test_statements_do_not_grow_with_the_list() -> None:
    programme = make_programme(budget=10_000_000, eligible='person.country == "DE"', points_expire_after_days=365)
    people = [make_person() for _ in range(40)]
    submit([new(programme, person) for person in people], at=AT)  # opens the wallets

    def requests(count: int, name: str) -> list[NewPointsRequest]:
        return [new(programme, people[i % 40], external_id=f"{name}{i}", once_key=f"{name}{i}") for i in range(count)]

    one = cost(requests(1, "one"))
    assert (one, cost(requests(1000, "many"))) == (
        5,
        5,
    )  # the savepoint of a test is two, the question for once_keys one


@pytest.mark.django_db(transaction=True)
def test_credit_is_one_look_up_and_one_write_and_no_transaction_around_them() -> None:
    programme, people = make_programme(budget=10_000_000), [make_person() for _ in range(40)]
    submit([new(programme, person) for person in people], at=AT)
    assert cost([new(programme, people[0], external_id="one")]) == 2
    assert cost([new(programme, people[i % 40], external_id=f"{i}") for i in range(10_000)]) == 2
    assert left(programme) == 10_000_000 - 500 * 10_041
    assert cost([new(programme, make_person())]) == 3  # it opens a wallet


def test_statements_do_not_grow_with_the_list_whatever_becomes_of_it() -> None:
    programme = make_programme(
        steps=[(600, 1)], unknown_recipients="park", per_person_limit=10**6, per_person_limit_days=30
    )
    people = [make_person() for _ in range(10)]
    submit([new(programme, person) for person in people], at=AT)

    def requests(count: int, name: str) -> list[NewPointsRequest]:
        asked = [
            new(programme, people[i % 10], points=points, external_id=f"{name}{i}-{points}")
            for i in range(count)
            for points in (500, 700)
        ]
        return [*asked, *asked, *(new(programme, recipient=f"{name}{i}") for i in range(count))]

    assert (cost(requests(1, "a")), cost(requests(100, "b"))) == (8, 8)


@pytest.mark.django_db(transaction=True)
def test_an_approval_is_not_asked_for_where_its_request_could_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    programme, person = make_programme(steps=[(0, 1)]), make_person()
    monkeypatch.setattr(crediting, "write", fail)
    with pytest.raises(ZeroDivisionError):
        submit_one(programme, person)
    assert Approval.objects.count() == 0


# the database refuses what the operation would not do


def test_the_database_keeps_what_was_asked() -> None:
    row = credited(make_programme(), make_person())
    changes: list[dict[str, Any]] = [
        {"points": 5},
        {"person": make_person()},
        {"reason": "x"},
        {"explanation": {"a": 1}},
        {"status": "rejected", "transfer": None, "credited_at": None},
        {"expires_at": AT},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            PointsRequest.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError, match="are kept"), transaction.atomic():
        PointsRequest.objects.filter(pk=row.pk).delete()


def test_the_database_refuses_a_credit_that_nobody_approved() -> None:
    programme, person = make_programme(steps=[(0, 1)]), make_person()
    row = submit_one(programme, person).points_request
    assert row is not None
    other = credited(make_programme(), person)
    with pytest.raises(IntegrityError, match="is not approved"), transaction.atomic():
        PointsRequest.objects.filter(pk=row.pk).update(status=CREDITED, credited_at=AT, transfer=other.transfer)


def test_worked_example_of_a_year() -> None:
    """An accountant's page: what went in is what people have and what is left, at each step."""
    programme = make_programme(budget=10_000, points_expire_after_days=365, steps=[(2000, 1)])
    ana, ben = make_person(), make_person()
    #                          budget 10,000   Ana 0      Ben 0
    submit_one(programme, ana, points=1500)  # 8,500   1,500          0
    submit_one(programme, ben, points=2000)  # 6,500   1,500      2,000
    submit_one(programme, ben, points=2001)  # waits: nothing moves
    submit_one(programme, ana, points=7000)  # waits: nothing moves
    submit([new(programme, ana, points=2000), new(programme, ana, points=1)], at=AT)  # 4,499   3,501   2,000
    balances = {account.person: account.points for account in Account.objects.filter(kind="wallet")}
    assert (left(programme), balances) == (4_499, {ana: 3_501, ben: 2_000})
    assert Account.objects.get(kind="funding").points == -10_000
    assert Transfer.objects.count() == 5
