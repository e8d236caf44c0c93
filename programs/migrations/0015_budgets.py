"""Budgets of departments, transfers between budgets, closed years: see sql/budgets.sql."""

from pathlib import Path

import api.ids
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "budgets.sql").read_text()
UNDO = """
DROP VIEW programs_budget;
DROP TRIGGER department_budget_kept ON programs_departmentbudget;
DROP TRIGGER budget_closing_kept_truncate ON programs_budgetclosing;
DROP TRIGGER budget_closing_kept ON programs_budgetclosing;
DROP TRIGGER budget_closing_starts_waiting ON programs_budgetclosing;
DROP TRIGGER budget_transfer_kept_truncate ON programs_budgettransfer;
DROP TRIGGER budget_transfer_kept ON programs_budgettransfer;
DROP FUNCTION programs_keep_department_budget, programs_keep_budget_closing, programs_keep_budget_transfer;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_secrets_and_keys"),
        ("approvals", "0004_kinds_and_withdrawn"),
        ("people", "0006_birthdays_and_managers"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("programs", "0014_managers_decide_and_parked_end"),
        ("wallets", "0013_budget_transfers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetClosing",
            fields=[
                ("id", models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ("year", models.PositiveSmallIntegerField()),
                ("carry_over_max", models.BigIntegerField(default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waits for approval"), ("posted", "Done"), ("rejected", "Not approved")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("ledger_id", models.UUIDField(null=True)),
                ("opening", models.BigIntegerField(null=True)),
                ("funded", models.BigIntegerField(null=True)),
                ("credited", models.BigIntegerField(null=True)),
                ("taken_back", models.BigIntegerField(null=True)),
                ("adjusted", models.BigIntegerField(null=True)),
                ("moved", models.BigIntegerField(null=True)),
                ("returned", models.BigIntegerField(null=True)),
                ("carried_over", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BudgetTransfer",
            fields=[
                ("id", models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ("points", models.BigIntegerField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waits for approval"), ("posted", "Done"), ("rejected", "Not approved")],
                        max_length=8,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DepartmentBudget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "low_at",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Points left at which somebody is told.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1000000000000000)],
                    ),
                ),
                ("opened_at", models.DateTimeField(editable=False)),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["programme", "department__name"],
            },
        ),
        migrations.CreateModel(
            name="DepartmentBudgetEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "low_at",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Points left at which somebody is told.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1000000000000000)],
                    ),
                ),
                ("opened_at", models.DateTimeField(editable=False)),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LowBudget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("low_at", models.BigIntegerField()),
                ("points", models.BigIntegerField()),
                ("noticed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="funding",
            name="approval",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="funding", to="approvals.approval"
            ),
        ),
        migrations.AddField(
            model_name="funding",
            name="status",
            field=models.CharField(
                choices=[("waiting", "Waits for approval"), ("posted", "Done"), ("rejected", "Not approved")],
                default="posted",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="funding",
            name="funded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="funding",
            name="transfer",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="funding", to="wallets.transfer"
            ),
        ),
        migrations.AddConstraint(
            model_name="funding",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "posted", "rejected"])), name="funding_status_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="funding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("funded_at__isnull", False), ("status", "posted"), ("transfer__isnull", False)),
                    models.Q(
                        models.Q(("status", "posted"), _negated=True),
                        ("approval__isnull", False),
                        ("funded_at__isnull", True),
                        ("funded_by__isnull", False),
                        ("transfer__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="funding_transfer_when_posted",
            ),
        ),
        migrations.AddField(
            model_name="budgetclosing",
            name="approval",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="budget_closing", to="approvals.approval"
            ),
        ),
        migrations.AddField(
            model_name="budgetclosing",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="closings", to="programs.programme"
            ),
        ),
        migrations.AddField(
            model_name="budgetclosing",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="budgettransfer",
            name="approval",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="budget_transfer",
                to="approvals.approval",
            ),
        ),
        migrations.AddField(
            model_name="budgettransfer",
            name="closing",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="programs.budgetclosing",
            ),
        ),
        migrations.AddField(
            model_name="budgettransfer",
            name="from_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="wallets.account"
            ),
        ),
        migrations.AddField(
            model_name="budgettransfer",
            name="requested_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="budgettransfer",
            name="to_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="wallets.account"
            ),
        ),
        migrations.AddField(
            model_name="budgettransfer",
            name="transfer",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="budget_transfer",
                to="wallets.transfer",
            ),
        ),
        migrations.AddField(
            model_name="departmentbudget",
            name="account",
            field=models.OneToOneField(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="department_budget",
                to="wallets.account",
            ),
        ),
        migrations.AddField(
            model_name="departmentbudget",
            name="department",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.department"
            ),
        ),
        migrations.AddField(
            model_name="departmentbudget",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="department_budgets", to="programs.programme"
            ),
        ),
        migrations.AddField(
            model_name="departmentbudgetevent",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="wallets.account",
            ),
        ),
        migrations.AddField(
            model_name="departmentbudgetevent",
            name="department",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="people.department",
            ),
        ),
        migrations.AddField(
            model_name="departmentbudgetevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="departmentbudgetevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="programs.departmentbudget",
            ),
        ),
        migrations.AddField(
            model_name="departmentbudgetevent",
            name="programme",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="programs.programme",
            ),
        ),
        migrations.AddField(
            model_name="lowbudget",
            name="account",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="wallets.account"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetclosing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "rejected"), _negated=True),
                fields=("programme", "year"),
                name="budget_closing_once_per_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(("year__range", (2000, 2999))), name="budget_closing_year_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(("carry_over_max__range", (0, 1000000000000))),
                name="budget_closing_carry_over_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "posted", "rejected"])),
                name="budget_closing_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("status", "waiting")),
                    models.Q(models.Q(("status", "waiting"), _negated=True), ("closed_at__isnull", False)),
                    _connector="OR",
                ),
                name="budget_closing_closed_at_when_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("status", "posted"), _negated=True),
                        ("carried_over__isnull", True),
                        ("ledger_id__isnull", True),
                    ),
                    models.Q(
                        (
                            "carried_over",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("opening"), "+", models.F("funded")
                                                ),
                                                "-",
                                                models.F("credited"),
                                            ),
                                            "+",
                                            models.F("taken_back"),
                                        ),
                                        "-",
                                        models.F("adjusted"),
                                    ),
                                    "+",
                                    models.F("moved"),
                                ),
                                "-",
                                models.F("returned"),
                            ),
                        ),
                        ("carried_over__isnull", False),
                        ("carried_over__lte", models.F("carry_over_max")),
                        ("ledger_id__isnull", False),
                        ("returned__gte", 0),
                        ("status", "posted"),
                    ),
                    _connector="OR",
                ),
                name="budget_closing_adds_up",
            ),
        ),
        migrations.AddIndex(
            model_name="budgettransfer",
            index=models.Index(fields=["from_account", "-id"], name="budget_transfer_from"),
        ),
        migrations.AddIndex(
            model_name="budgettransfer",
            index=models.Index(fields=["to_account", "-id"], name="budget_transfer_to"),
        ),
        migrations.AddConstraint(
            model_name="budgettransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("points__range", (1, 1000000000000))), name="budget_transfer_points_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgettransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "posted", "rejected"])),
                name="budget_transfer_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgettransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_account", models.F("to_account")), _negated=True),
                name="budget_transfer_between_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgettransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="budget_transfer_reason_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgettransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "posted"), ("transfer__isnull", False)),
                    models.Q(models.Q(("status", "posted"), _negated=True), ("transfer__isnull", True)),
                    _connector="OR",
                ),
                name="budget_transfer_transfer_when_posted",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgettransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approval__isnull", False), ("closed_at__isnull", True), ("status", "waiting")),
                    models.Q(models.Q(("status", "waiting"), _negated=True), ("closed_at__isnull", False)),
                    _connector="OR",
                ),
                name="budget_transfer_closed_at_when_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="departmentbudget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)),
                fields=("programme", "department"),
                name="department_budget_one_open",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="departmentbudget",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "programs_departmentbudgetevent" ("account_id", "closed_at", "department_id", "id", "low_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id") VALUES (NEW."account_id", NEW."closed_at", NEW."department_id", NEW."id", NEW."low_at", NEW."opened_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."programme_id"); RETURN NULL;',
                    hash="06bc30a7da57f282420aa5973fc2822e16e71af7",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_175fa",
                    table="programs_departmentbudget",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="departmentbudget",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "programs_departmentbudgetevent" ("account_id", "closed_at", "department_id", "id", "low_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id") VALUES (NEW."account_id", NEW."closed_at", NEW."department_id", NEW."id", NEW."low_at", NEW."opened_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."programme_id"); RETURN NULL;',
                    hash="18b531c2f94ae97d8d8e302ec40c8d18502eef44",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_a9ce8",
                    table="programs_departmentbudget",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="departmentbudget",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "programs_departmentbudgetevent" ("account_id", "closed_at", "department_id", "id", "low_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id") VALUES (OLD."account_id", OLD."closed_at", OLD."department_id", OLD."id", OLD."low_at", OLD."opened_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."programme_id"); RETURN NULL;',
                    hash="13989bb5e8e5cd85485fea9b338300f0689b3629",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_7b02f",
                    table="programs_departmentbudget",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="lowbudget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("account",), name="low_budget_one_open"
            ),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
