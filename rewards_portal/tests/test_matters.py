"""Everything that asks for an approval is a matter that one place decides."""

from approvals import matters
from approvals.enums import Verdict


def test_every_room_registered_what_waits_there() -> None:
    assert {"points_request", "adjustment", "order_refund"} <= matters.kinds().keys()
    for kind, label in matters.kinds().items():
        matter = matters.of(kind)
        assert (matter.kind, matter.label) == (kind, label)
        assert matter.rows().model._meta.get_field("approval").related_model._meta.label == "approvals.Approval"
        assert {matter.operation(verdict) for verdict in Verdict} == {matter.approve, matter.reject}
