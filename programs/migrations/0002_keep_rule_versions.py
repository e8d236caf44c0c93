"""A version of a rule never changes: see sql/rule_versions.sql."""

from pathlib import Path

from django.db import migrations

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "rule_versions.sql").read_text()
UNDO = "DROP TRIGGER rule_version_kept ON programs_ruleversion; DROP FUNCTION programs_keep_rule_version;"


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial")]

    operations = [migrations.RunSQL(KEEP, UNDO)]
