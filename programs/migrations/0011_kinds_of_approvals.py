"""Say of each approval that was asked for before approvals had a kind, what it is about in this room."""

from django.db import migrations

SAY = """
ALTER TABLE approvals_approval DISABLE TRIGGER approval_four_eyes;
UPDATE approvals_approval approval SET programme = programme.slug, points = request.points
FROM programs_pointsrequest request JOIN programs_programme programme ON programme.id = request.programme_id
WHERE request.approval_id = approval.id;
UPDATE approvals_approval approval SET kind = 'adjustment', programme = programme.slug, points = adjustment.points
FROM programs_adjustment adjustment JOIN programs_programme programme ON programme.id = adjustment.programme_id
WHERE adjustment.approval_id = approval.id;
ALTER TABLE approvals_approval ENABLE TRIGGER approval_four_eyes;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_kinds_and_withdrawn"), ("programs", "0010_approval_steps_for_others")]

    operations = [migrations.RunSQL(SAY, migrations.RunSQL.noop)]
