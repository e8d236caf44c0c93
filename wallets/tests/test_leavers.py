"""What becomes of leavers' points."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pghistory.models
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from structlog.testing import capture_logs

from people.enums import PersonStatus
from people.models import Person
from people.operations import people
from people.tests.factories import make_person
from wallets import payouts
from wallets.enums import AccountKind, LeaverAction, TransferKind
from wallets.errors import InvalidPolicy, PayoutPaid
from wallets.ledger_rules import findings
from wallets.models import Account, LeaverPayout, LeaverPolicy, Transfer
from wallets.operations import accounts, holds, leavers
from wallets.operations.leavers import Consequences
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import make_wallet
from wallets.tests.refusals import refusal

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _ledger_stays_true(request: pytest.FixtureRequest) -> Any:
    yield
    if "planted" not in request.node.name:
        assert list(findings()) == []


def leaver(*lots: Any, left_at: datetime = AT - 100 * DAY, **fields: Any) -> Account:
    """Return the wallet of somebody who left a hundred days ago."""
    person = make_person(**fields)
    wallet = make_wallet(*(lots or (500,)), person=person)
    people.set_status(person.pk, status=PersonStatus.LEFT, by=None, at=left_at)
    return wallet


def set_policy(action: str, after_days: int = 90) -> LeaverPolicy:
    return leavers.set_policy(action=action, after_days=after_days, by=make_person())


def settle(at: datetime = AT, limit: int = 1000) -> int:
    """Run to the end, in batches; return how many there were."""
    batches, after = 0, UUID(int=0)
    while (found := leavers.settle(at=at, after=after, limit=limit)) is not None:
        batches, after = batches + 1, found
    return batches


def points(wallet: Account) -> int:
    wallet.refresh_from_db()
    return wallet.points


def test_without_a_policy_leavers_keep_their_points() -> None:
    wallet = leaver()
    assert (str(leavers.policy()), settle(), points(wallet)) == ("Leavers keep their points", 0, 500)


def test_forfeit_after_its_days_and_only_from_those_who_left() -> None:
    set_policy(LeaverAction.FORFEIT)
    due, early = leaver((300, AT + 9 * DAY), 200), leaver(left_at=AT - 89 * DAY)
    here, suspended = make_wallet(500), leaver()
    Person.objects.filter(wallet=suspended).update(status=PersonStatus.SUSPENDED, left_at=None)
    settle()
    assert [points(each) for each in (due, early, here, suspended)] == [0, 500, 500, 500]
    transfer = Transfer.objects.get(kind=TransferKind.FORFEITURE)
    assert (transfer.debit_id, transfer.credit_id, transfer.points) == (
        due.pk,
        accounts.system(AccountKind.EXPIRED).pk,
        500,
    )
    left = int((AT - 100 * DAY).timestamp())
    assert transfer.reference == f"leaver:{due.person_id.hex}:{left}:0"
    settle()
    assert Transfer.objects.filter(kind=TransferKind.FORFEITURE).count() == 1


def test_who_came_back_keeps_all() -> None:
    set_policy(LeaverAction.FORFEIT)
    wallet = leaver()
    people.set_status(wallet.person_id, status=PersonStatus.ACTIVE, by=None, at=AT)
    settle()
    assert points(wallet) == 500


def test_what_an_order_holds_is_left_until_it_is_closed() -> None:
    set_policy(LeaverAction.FORFEIT)
    person = make_person()
    wallet = make_wallet(500, person=person)
    hold = holds.place(account_id=wallet.pk, points=200, reference="order", at=AT)
    people.set_status(person.pk, status=PersonStatus.LEFT, by=None, at=AT - 100 * DAY)
    settle()
    settle()
    assert points(wallet) == 200
    holds.release(hold.pk, at=AT)
    settle()
    assert points(wallet) == 0
    numbers = [row.reference[-2:] for row in Transfer.objects.filter(kind="forfeiture").order_by("pk")]
    assert numbers == [":0", ":1"]


def test_pay_out_writes_what_finance_pays_and_calls_the_companys_own_code(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payouts, "_hooks", [])
    heard: list[UUID] = []

    def broken(_: UUID) -> None:
        raise RuntimeError("payroll is down")

    for hook in (broken, heard.append, heard.append):
        payouts.register(hook)
    set_policy(LeaverAction.PAY_OUT)
    wallet = leaver()
    with capture_logs() as said, django_capture_on_commit_callbacks(execute=True):
        settle()
    payout = LeaverPayout.objects.get()
    assert heard == [payout.pk]
    failed = {"event": "payout_hook_failed", "leaver_payout": payout.pk.hex, "error": "RuntimeError"}
    assert said == [failed | {"log_level": "error"}]
    assert (points(wallet), payout.person_id, payout.points, payout.status) == (0, wallet.person_id, 500, "waiting")
    assert (payout.amount, payout.currency, payout.transfer.kind) == (500, "EUR", "payout")


def test_finance_pays_one_at_a_time_and_once(django_assert_num_queries: Any) -> None:
    set_policy(LeaverAction.PAY_OUT)
    leaver(), leaver()
    settle()
    finance, (first, second) = make_person(), LeaverPayout.objects.order_by("pk")
    done = leavers.mark_paid(first.pk, note="SEPA 7", by=finance, at=AT)
    with django_assert_num_queries(0):
        assert done.person.pk == first.person_id
    assert (done.status, done.paid_by_id, done.paid_at, done.note) == ("paid", finance.pk, AT, "SEPA 7")
    again = refusal(lambda: leavers.mark_paid(first.pk, by=finance, at=AT))
    assert again == (PayoutPaid, "This was marked as paid before. Its page says by whom and when.", None)
    assert LeaverPayout.objects.get(pk=second.pk).status == "waiting"
    assert leavers.mark_paid(second.pk, by=finance, at=AT).note == ""


def test_a_note_is_cut_where_its_column_ends() -> None:
    set_policy(LeaverAction.PAY_OUT)
    leaver()
    settle()
    done = leavers.mark_paid(LeaverPayout.objects.get().pk, note="7" * 201, by=make_person(), at=AT)
    assert done.note == "7" * 200


def test_consequences_count_what_is_due_and_free() -> None:
    assert leavers.consequences(after_days=90, at=AT) == Consequences(people=0, points=0)
    leaver(500), leaver(left_at=AT - 89 * DAY), make_wallet(500)
    for held in (200, 500):
        person = make_person()
        wallet = make_wallet(500, person=person)
        holds.place(account_id=wallet.pk, points=held, reference=f"order:{held}", at=AT)
        people.set_status(person.pk, status=PersonStatus.LEFT, by=None, at=AT - 100 * DAY)
    assert leavers.consequences(after_days=90, at=AT) == Consequences(people=2, points=800)


def test_history_says_who_set_a_policy_and_its_days_have_ends() -> None:
    hr = make_person()
    for after_days in (0, 3650):
        assert leavers.set_policy(action="keep", after_days=after_days, by=hr).after_days == after_days
    contexts = pghistory.models.Context.objects.values_list("metadata", flat=True)
    assert [context["user"] for context in contexts if "user" in context] == [str(hr.pk)] * 2


def test_it_stops_and_goes_on_where_it_was() -> None:
    set_policy(LeaverAction.FORFEIT)
    wallets = [leaver() for _ in range(5)]
    assert leavers.settle(at=AT, limit=2) == sorted(wallet.pk for wallet in wallets)[1]
    assert sum(points(wallet) == 0 for wallet in wallets) == 2
    assert settle(limit=2) == 2
    assert [points(wallet) for wallet in wallets] == [0] * 5


@pytest.mark.parametrize("action", [LeaverAction.FORFEIT, LeaverAction.PAY_OUT])
def test_points_past_their_date_are_left_to_the_expiry(action: str) -> None:
    set_policy(action)
    wallet, overdue = leaver((300, AT - DAY), 200), leaver((300, AT - DAY))
    settle()
    assert (points(wallet), points(overdue)) == (300, 300)


def test_a_batch_costs_the_same_for_one_and_for_five() -> None:
    set_policy(LeaverAction.PAY_OUT)
    counts = []
    for number in (1, 1, 5):  # the first opens the account where it goes
        for _ in range(number):
            leaver()
        with CaptureQueriesContext(connection) as queries:
            settle()
        counts.append(len(queries))
    assert counts[1] == counts[2]


@pytest.mark.parametrize(
    ("action", "after_days", "field", "said"),
    [
        ("burn", 1, "/action", "action: one of keep, forfeit, pay_out."),
        *(("keep", days, "/after_days", "after_days: a whole number from 0 to 3650.") for days in (-1, 3651, True)),
    ],
)
def test_a_policy_that_cannot_be_is_refused(action: str, after_days: Any, field: str, said: str) -> None:
    assert refusal(lambda: set_policy(action, after_days)) == (InvalidPolicy, said, field)
    assert str(leavers.policy()) == "Leavers keep their points"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO wallets_leaverpolicy (id, action, after_days) VALUES (2, 'keep', 1)",
        "UPDATE wallets_leaverpolicy SET action = 'burn'",
        "UPDATE wallets_leaverpayout SET points = 1",
        "UPDATE wallets_leaverpayout SET status = 'paid'",
        "DELETE FROM wallets_leaverpayout",
        "TRUNCATE wallets_leaverpayout",
    ],
)
def test_the_database_keeps_one_policy_and_every_payout(sql: str) -> None:
    set_policy(LeaverAction.PAY_OUT)
    leaver()
    settle()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(sql)


def test_planted_payouts_are_found() -> None:
    set_policy(LeaverAction.PAY_OUT)
    leaver()
    settle()
    payout = LeaverPayout.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE wallets_leaverpayout SET points = points + 1")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert [(found.rule, found.id) for found in findings()] == [("leaver_payout_as_written", str(payout.transfer_id))]


@pytest.mark.parametrize("action", [LeaverAction.FORFEIT, LeaverAction.PAY_OUT])
def test_a_reference_that_somebody_used_stops_only_that_wallet(action: str) -> None:
    set_policy(action)
    stopped, other = leaver(), leaver()
    left = int((AT - 100 * DAY).timestamp())
    new = NewTransfer(
        debit_id=accounts.system(AccountKind.FUNDING).pk,
        credit_id=accounts.open_budget("x").pk,
        points=1,
        kind=TransferKind.FUNDING,
        reference=f"leaver:{stopped.person_id.hex}:{left}:0",
    )
    post([new], at=AT)
    settle()
    assert (points(stopped), points(other)) == (500, 0)


# the admin


def signed_in(*permissions: str) -> Client:
    from django.contrib.auth.models import Permission

    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def facts(answer: Any) -> list[tuple[str, str]]:
    """Return what a form says would happen, and its title and button."""
    said = re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", answer.context["budget"])
    return [*said, (answer.context["title"], answer.context["button"])]


def hidden(answer: Any) -> dict[str, str]:
    form = answer.context["form"]
    return {name: str(form[name].value() or "") for name in ("form_id", "shown")}


POLICY = "/admin/wallets/leaverpolicy/1/change/"


def test_hr_sees_how_many_people_and_points_before_the_policy_changes() -> None:
    leaver(), leaver((700, AT + 400 * DAY))
    client = signed_in("view_leaverpolicy", "change_leaverpolicy")
    start = client.get(reverse("admin:wallets_leaverpolicy_changelist"), follow=True)
    assert {name: start.context["form"][name].value() for name in ("action", "after_days")} == {
        "action": "keep",
        "after_days": 90,
    }
    fields: dict[str, Any] = {"action": "forfeit", "after_days": 30}
    shown = client.post(POLICY, fields | hidden(start))
    assert facts(shown) == [
        ("Policy", "Forfeited, 30 days after somebody left"),
        ("At the next run", "2 people who left lose 1,200 points; this cannot be undone"),
        ("Orders", "What an open order holds is left alone"),
        ("Leavers keep their points", "Change the policy"),
    ]
    assert (leavers.policy().action, shown.context["original"]) == ("keep", leavers.policy())
    done = client.post(POLICY, fields | hidden(shown), follow=True)
    assert "Forfeited, 30 days after somebody left" in done.content.decode()
    history = client.get("/admin/wallets/leaverpolicy/1/history/").content.decode()
    assert "Forfeited" in history or "forfeit" in history
    again = client.get(POLICY)
    assert [again.context["form"][name].value() for name in ("action", "after_days")] == ["forfeit", 30]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("keep", "Nothing: whoever left keeps their points until they expire"),
        ("forfeit", "1 person who left loses 500 points; this cannot be undone"),
        ("pay_out", "1 person who left gets €5.00 for 500 points; finance pays and marks it"),
    ],
)
def test_each_policy_says_what_it_would_do(action: str, said: str) -> None:
    leaver()
    client = signed_in("view_leaverpolicy", "change_leaverpolicy")
    shown = client.post(POLICY, {"action": action, "after_days": 30} | hidden(client.get(POLICY)))
    assert facts(shown)[1] == ("At the next run", said)


def test_there_is_one_policy_to_change_and_none_to_add_or_delete() -> None:
    client = signed_in(*(f"{verb}_leaverpolicy" for verb in ("view", "add", "change", "delete")))
    assert client.get("/admin/wallets/leaverpolicy/add/").status_code == 403
    assert client.get("/admin/wallets/leaverpolicy/1/delete/").status_code == 403
    other = client.get("/admin/wallets/leaverpolicy/2/change/", follow=True)
    assert "doesn’t exist" in other.content.decode()


def test_auditor_sees_the_policy_and_outsider_does_not() -> None:
    auditor, outsider = signed_in("view_leaverpolicy", "view_leaverpayout"), signed_in()
    assert auditor.get(POLICY).status_code == 200
    assert auditor.post(POLICY, {"action": "forfeit", "after_days": 1}).status_code == 403
    assert outsider.get(POLICY).status_code == 403
    assert leavers.policy().action == "keep"


def test_finance_marks_a_payout_as_paid() -> None:
    set_policy(LeaverAction.PAY_OUT)
    leaver(name="Lee Lang")
    settle()
    page = reverse("admin:wallets_leaverpayout_changelist")
    row = LeaverPayout.objects.get()
    mark = {"action": "mark_paid", "_selected_action": [str(row.pk)]}
    signed_in("view_leaverpayout").post(page, mark)
    assert LeaverPayout.objects.get().status == "waiting"
    finance = signed_in("view_leaverpayout", "change_leaverpayout")
    assert "Paid: €5.00 to Lee Lang." in finance.post(page, mark, follow=True).content.decode()
    assert "was marked as paid before" in finance.post(page, mark, follow=True).content.decode()
    assert "Lee Lang" in finance.get(reverse("admin:wallets_leaverpayout_change", args=[row.pk])).content.decode()


def test_pages_of_payouts_ask_as_often_for_three_as_for_one(django_assert_num_queries: Any) -> None:
    set_policy(LeaverAction.PAY_OUT)
    client, page, counts = signed_in("view_leaverpayout"), reverse("admin:wallets_leaverpayout_changelist"), []
    for number in (1, 2):
        for _ in range(number):
            leaver()
        settle()
        for row in LeaverPayout.objects.filter(status="waiting"):
            leavers.mark_paid(row.pk, by=make_person(), at=AT)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).context["cl"].result_count == LeaverPayout.objects.count()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    change = reverse("admin:wallets_leaverpayout_change", args=[row.pk])
    client.get(change)  # once, so that what is cached is
    with django_assert_num_queries(6):  # session, who, two for rights, the row with all it names, the menu's number
        client.get(change)
