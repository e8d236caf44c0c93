"""The database refuses what approvals.operations refuses: see sql/four_eyes.sql."""

from pathlib import Path

from django.db import migrations

FOUR_EYES = (Path(__file__).resolve().parent.parent / "sql" / "four_eyes.sql").read_text()
UNDO = """
DROP TRIGGER approval_starts_waiting ON approvals_approval;
DROP TRIGGER approval_four_eyes_truncate ON approvals_approval;
DROP TRIGGER approval_four_eyes ON approvals_approval;
DROP TRIGGER decision_frozen_truncate ON approvals_decision;
DROP TRIGGER decision_frozen ON approvals_decision;
DROP TRIGGER decision_four_eyes ON approvals_decision;
DROP FUNCTION approvals_approval_asked, approvals_approval_check, approvals_decision_frozen, approvals_decision_check;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_initial"), ("people", "0001_initial")]

    operations = [migrations.RunSQL(FOUR_EYES, UNDO)]
