"""What becomes of leavers' points."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

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
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import make_wallet

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
    with django_capture_on_commit_callbacks(execute=True):
        settle()
    payout = LeaverPayout.objects.get()
    assert heard == [payout.pk]
    assert (points(wallet), payout.person_id, payout.points, payout.status) == (0, wallet.person_id, 500, "waiting")
    assert (payout.amount, payout.currency, payout.transfer.kind) == (500, "EUR", "payout")
    finance = make_person()
    done = leavers.mark_paid(payout.pk, note="SEPA 7", by=finance, at=AT)
    assert (done.status, done.paid_by, done.paid_at, done.note) == ("paid", finance, AT, "SEPA 7")
    with pytest.raises(PayoutPaid):
        leavers.mark_paid(payout.pk, by=finance, at=AT)


def test_it_stops_and_goes_on_where_it_was() -> None:
    set_policy(LeaverAction.FORFEIT)
    wallets = [leaver() for _ in range(5)]
    assert leavers.settle(at=AT, limit=2) is not None
    assert sum(points(wallet) == 0 for wallet in wallets) == 2
    assert settle(limit=2) == 2
    assert [points(wallet) for wallet in wallets] == [0] * 5


def test_points_past_their_date_are_left_to_the_expiry() -> None:
    set_policy(LeaverAction.FORFEIT)
    wallet = leaver((300, AT - DAY), 200)
    settle()
    assert points(wallet) == 300


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
    ("action", "after_days", "field"),
    [("burn", 1, "/action"), ("keep", -1, "/after_days"), ("keep", 3651, "/after_days"), ("keep", True, "/after_days")],
)
def test_a_policy_that_cannot_be_is_refused(action: str, after_days: Any, field: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        set_policy(action, after_days)
    assert refused.value.pointer == field
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


def test_a_reference_that_somebody_used_stops_only_that_wallet() -> None:
    set_policy(LeaverAction.FORFEIT)
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


def hidden(answer: Any) -> dict[str, str]:
    form = answer.context["form"]
    return {name: str(form[name].value() or "") for name in ("form_id", "shown")}


POLICY = "/admin/wallets/leaverpolicy/1/change/"


def test_hr_sees_how_many_people_and_points_before_the_policy_changes() -> None:
    leaver(), leaver((700, AT + 400 * DAY))
    client = signed_in("view_leaverpolicy", "change_leaverpolicy")
    start = client.get(reverse("admin:wallets_leaverpolicy_changelist"), follow=True)
    fields: dict[str, Any] = {"action": "forfeit", "after_days": 30}
    shown = client.post(POLICY, fields | hidden(start))
    assert "2 people who left lose 1,200 points; this cannot be undone" in shown.content.decode()
    assert leavers.policy().action == "keep"
    done = client.post(POLICY, fields | hidden(shown), follow=True)
    assert "Forfeited, 30 days after somebody left" in done.content.decode()
    history = client.get("/admin/wallets/leaverpolicy/1/history/").content.decode()
    assert "Forfeited" in history or "forfeit" in history
    value = client.post(POLICY, {"action": "pay_out", "after_days": 30} | hidden(client.get(POLICY)))
    assert "2 people who left get €12.00 for 1,200 points" in value.content.decode()


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
