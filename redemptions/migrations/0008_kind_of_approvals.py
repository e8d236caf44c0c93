"""Say of each approval that was asked for before approvals had a kind, which are about refunds."""

from django.db import migrations

SAY = """
ALTER TABLE approvals_approval DISABLE TRIGGER approval_four_eyes;
UPDATE approvals_approval approval SET kind = 'order_refund', points = placed.points
FROM redemptions_orderrefund refund JOIN redemptions_order placed ON placed.id = refund.order_id
WHERE refund.approval_id = approval.id;
ALTER TABLE approvals_approval ENABLE TRIGGER approval_four_eyes;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_kinds_and_withdrawn"), ("redemptions", "0007_order_refunds")]

    operations = [migrations.RunSQL(SAY, migrations.RunSQL.noop)]
