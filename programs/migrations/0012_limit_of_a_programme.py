"""What a programme gives at most in all, counted day by day: see sql/counted_days.sql."""

from pathlib import Path

import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


COUNT = (Path(__file__).resolve().parent.parent / "sql" / "counted_days.sql").read_text()
UNDO = """
DROP TRIGGER programme_begins_to_count ON programs_programme;
DROP FUNCTION programs_limits, programs_begin_to_count, programs_count_days;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0011_kinds_of_approvals"),
        ("wallets", "0012_fewer_foreign_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("points", models.BigIntegerField()),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="programme",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="programme",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="programme",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="programme",
            name="counted_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="programme",
            name="per_programme_limit",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Points for all people together within the days beside.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000000000),
                ],
            ),
        ),
        migrations.AddField(
            model_name="programme",
            name="per_programme_limit_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Whole days in UTC, today among them.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
        migrations.AddField(
            model_name="programmeevent",
            name="counted_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="programmeevent",
            name="per_programme_limit",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Points for all people together within the days beside.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000000000),
                ],
            ),
        ),
        migrations.AddField(
            model_name="programmeevent",
            name="per_programme_limit_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Whole days in UTC, today among them.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programme",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "programs_programmeevent" ("budget_id", "budget_low_at", "counted_since", "created_at", "eligible", "ends_on", "id", "name", "notify", "per_person_limit", "per_person_limit_days", "per_programme_limit", "per_programme_limit_days", "per_request_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_expire_after_days", "slug", "starts_on", "status", "unknown_recipients") VALUES (NEW."budget_id", NEW."budget_low_at", NEW."counted_since", NEW."created_at", NEW."eligible", NEW."ends_on", NEW."id", NEW."name", NEW."notify", NEW."per_person_limit", NEW."per_person_limit_days", NEW."per_programme_limit", NEW."per_programme_limit_days", NEW."per_request_limit", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."points_expire_after_days", NEW."slug", NEW."starts_on", NEW."status", NEW."unknown_recipients"); RETURN NULL;',
                    hash="3d4439c8104e051da49bef3520bc3d2987c4e9ff",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_6cb97",
                    table="programs_programme",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programme",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "programs_programmeevent" ("budget_id", "budget_low_at", "counted_since", "created_at", "eligible", "ends_on", "id", "name", "notify", "per_person_limit", "per_person_limit_days", "per_programme_limit", "per_programme_limit_days", "per_request_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_expire_after_days", "slug", "starts_on", "status", "unknown_recipients") VALUES (NEW."budget_id", NEW."budget_low_at", NEW."counted_since", NEW."created_at", NEW."eligible", NEW."ends_on", NEW."id", NEW."name", NEW."notify", NEW."per_person_limit", NEW."per_person_limit_days", NEW."per_programme_limit", NEW."per_programme_limit_days", NEW."per_request_limit", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."points_expire_after_days", NEW."slug", NEW."starts_on", NEW."status", NEW."unknown_recipients"); RETURN NULL;',
                    hash="d23082a9c053a8cfc302b9741eae3e5f4c2548ce",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_58373",
                    table="programs_programme",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programme",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "programs_programmeevent" ("budget_id", "budget_low_at", "counted_since", "created_at", "eligible", "ends_on", "id", "name", "notify", "per_person_limit", "per_person_limit_days", "per_programme_limit", "per_programme_limit_days", "per_request_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_expire_after_days", "slug", "starts_on", "status", "unknown_recipients") VALUES (OLD."budget_id", OLD."budget_low_at", OLD."counted_since", OLD."created_at", OLD."eligible", OLD."ends_on", OLD."id", OLD."name", OLD."notify", OLD."per_person_limit", OLD."per_person_limit_days", OLD."per_programme_limit", OLD."per_programme_limit_days", OLD."per_request_limit", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."points_expire_after_days", OLD."slug", OLD."starts_on", OLD."status", OLD."unknown_recipients"); RETURN NULL;',
                    hash="004bd2ed8243635a69f2168ed217db6a3b14c75c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_34d0f",
                    table="programs_programme",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="programme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("counted_since__isnull", True),
                        ("per_programme_limit__isnull", True),
                        ("per_programme_limit_days__isnull", True),
                    ),
                    models.Q(
                        ("counted_since__isnull", False),
                        ("per_programme_limit__isnull", False),
                        ("per_programme_limit_days__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="programme_limit_has_days",
            ),
        ),
        migrations.AddField(
            model_name="countedday",
            name="programme",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="programs.programme"
            ),
        ),
        migrations.AddConstraint(
            model_name="countedday",
            constraint=models.UniqueConstraint(fields=("programme", "day"), name="counted_day_once"),
        ),
        migrations.AddConstraint(
            model_name="countedday",
            constraint=models.CheckConstraint(
                condition=models.Q(("points__range", (0, 9007199254740991))), name="counted_day_points_range"
            ),
        ),
        migrations.RunSQL(COUNT, UNDO),
    ]
