"""Colleagues recognise each other: points out of the giver's allowance, by the same way as all points."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from people.models import Person
from programs import allowances
from programs.enums import PointsRequestStatus, Source
from programs.errors import OverAllowance, OwnRecognition, PointsOutOfRange, UnknownProgramme, UnknownValue
from programs.models import AllowancePolicy, CompanyValue, PointsRequest, Recognition
from programs.operations import points_requests
from programs.operations.crediting import in_words
from programs.operations.points_requests import NewPointsRequest
from programs.reasons import checked_reason
from wallets.models.account import POINTS_MAX
from wallets.operations.transactions import retried

LOCK = """
INSERT INTO programs_allowance (programme_id, giver_id) VALUES (%s, %s)
ON CONFLICT (giver_id, programme_id) DO UPDATE SET giver_id = EXCLUDED.giver_id
"""  # an insert alone would lock nothing where the row is there already


@retried
def give(
    *,
    programme: str,
    receiver: Person,
    points: int,
    reason: str,
    value: str = "",
    form_id: UUID,
    by: Person,
    at: datetime,
) -> Recognition:
    """Give points to a colleague out of one's allowance. They arrive, or wait for approval, as all points do.

    1. Refuse what nobody could grant: oneself, no reason, a value that is not offered.
    2. Lock the giver's allowance: two gifts at the same moment take turns.
    3. Submit the points request, and write the recognition beside it. All of it, or nothing.

    Args:
        programme: the slug of one with an allowance.
        receiver: whom; not oneself.
        points: how many, out of the allowance of the giver's month.
        reason: what they did, as they read it; at most 500 characters.
        value: the name of one of the programme's company values, or nothing.
        form_id: makes the form one recognition, however often it is sent; the second time returns the first.
        by: the giver.
        at: now; the giver's clock says which month it is.

    Raises:
        OwnRecognition, ReasonMissing, UnknownValue, UnknownProgramme, PointsOutOfRange: see each.
        OverAllowance: the allowance holds fewer points now.
        ExternalIdConflict: the form was sent before with other content.
        api.errors.PortalError: why the points request was refused, as `points_requests.submit` says.
    """
    if receiver.pk == by.pk:
        raise OwnRecognition("You cannot give points to yourself. Choose a colleague.", pointer="/receiver")
    reason = checked_reason(reason)
    if type(points) is not int or not 1 <= points <= POINTS_MAX:
        raise PointsOutOfRange(f"points: a whole number from 1 to {POINTS_MAX:,}.", pointer="/points")
    policy = _policy(programme)
    named = _value(policy, value)
    asked = NewPointsRequest(
        programme=programme,
        recipient=receiver.employee_number,
        points=points,
        reason=reason,
        source=Source.RECOGNITION,
        metadata={"value": named.name} if named else {},
        external_id=f"recognition:{by.pk.hex}:{form_id.hex}",
        requested_by=by,
    )
    with transaction.atomic():
        lock_allowance(policy, by)
        sent_before = Recognition.objects.filter(
            points_request__external_id=asked.external_id, points_request__client=None
        ).first()
        [left] = allowances.of([(policy, by)], at=at)
        if sent_before is None and points > left.left:
            raise OverAllowance(_too_much(left, programme), pointer="/points")
        row = _submitted(asked, at)
        return sent_before or Recognition.objects.create(
            points_request=row, giver=by, receiver=receiver, value=named, month=left.month
        )


def expected(
    *,
    programme: str,
    receiver: Person,
    points: int,
    reason: str,
    value: str = "",
    form_id: UUID,
    by: Person,
    at: datetime,
) -> PointsRequestStatus:
    """Return what would become of a gift, credited or waiting, and leave nothing behind: `give` runs and is undone.

    Raises:
        api.errors.PortalError: why it would be refused.
    """
    with transaction.atomic():
        done = give(
            programme=programme,
            receiver=receiver,
            points=points,
            reason=reason,
            value=value,
            form_id=form_id,
            by=by,
            at=at,
        )
        transaction.set_rollback(True)
    return PointsRequestStatus(done.points_request.status)


def lock_allowance(policy: AllowancePolicy, giver: Person) -> None:
    """Lock what somebody gives out of a programme, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [policy.programme_id, giver.pk])


def _submitted(asked: NewPointsRequest, at: datetime) -> PointsRequest:
    [done] = points_requests.submit([asked], at=at)
    if done.points_request is None:
        raise done.error or AssertionError("what is not refused has its row")
    return done.points_request


def _policy(programme: str) -> AllowancePolicy:
    policy = AllowancePolicy.objects.select_related("programme").filter(programme__slug=programme).first()
    if policy is None:
        detail = "programme: colleagues give no points out of it. Choose one with an allowance."
        raise UnknownProgramme(detail, pointer="/programme")
    return policy


def _value(policy: AllowancePolicy, name: str) -> CompanyValue | None:
    if not name:
        return None
    value = CompanyValue.objects.filter(programme=policy.programme_id, name=name, is_offered=True).first()
    if value is None:
        raise UnknownValue("value: it is not offered, or not any more. Choose another, or none.", pointer="/value")
    return value


def _too_much(left: allowances.Left, programme: str) -> str:
    if not left.granted and not left.left:
        return f"points: you have no allowance in {programme}."
    return (
        f"points: {in_words(left.left)} of your {left.whole:,} are left for this month. "
        f"On {left.renews_on:%-d %B} you get {left.granted:,} again."
    )
