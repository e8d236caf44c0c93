"""Rules are turned on by two people, and simulated over past events."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import api.ids

CHECKED = (Path(__file__).resolve().parent.parent / "sql" / "rule_changes.sql").read_text()
UNDO = "DROP TRIGGER rule_change_checked ON programs_rulechange; DROP FUNCTION programs_check_rule_change;"


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0008_log_every_caller"),
        ("approvals", "0004_kinds_and_withdrawn"),
        ("programs", "0016_occasions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleChange",
            fields=[
                ("id", models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a second person"),
                            ("turned_on", "Turned on"),
                            ("rejected", "Not turned on"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RuleSimulation",
            fields=[
                ("id", models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=80, verbose_name="rule")),
                ("event_type", models.CharField(max_length=200)),
                ("when", models.TextField()),
                ("points_wording", models.TextField(verbose_name="points")),
                ("reason", models.CharField(max_length=300)),
                (
                    "once_per",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, size=None
                    ),
                ),
                ("wording_hash", models.CharField(max_length=64)),
                ("from_at", models.DateTimeField(verbose_name="from")),
                ("until_at", models.DateTimeField(verbose_name="until")),
                ("requested_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Runs"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("dead", "Stopped"),
                        ],
                        default="running",
                        max_length=9,
                    ),
                ),
                ("event_count", models.PositiveIntegerField(default=0, help_text="Events of the period.")),
                ("seen_events", models.PositiveIntegerField(default=0)),
                ("cursor_at", models.DateTimeField(null=True)),
                ("cursor_id", models.UUIDField(null=True)),
                ("credited_count", models.PositiveIntegerField(default=0)),
                ("pending_count", models.PositiveIntegerField(default=0)),
                ("parked_count", models.PositiveIntegerField(default=0)),
                ("refused_count", models.PositiveIntegerField(default=0)),
                (
                    "points",
                    models.BigIntegerField(default=0, help_text="What would have been given, or have waited to be."),
                ),
                (
                    "given_points",
                    models.BigIntegerField(default=0, help_text="What the rule gave for the same events."),
                ),
                ("people", models.PositiveIntegerField(default=0)),
                (
                    "budget_points",
                    models.BigIntegerField(default=0, help_text="What the budget held when it was done."),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=400)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SimulatedMatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("recipient", models.CharField(blank=True, max_length=300)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("credited", "Credited"),
                            ("pending", "Waits for approval"),
                            ("parked", "Parked"),
                            ("refused", "Refused"),
                            ("no_match", "No rule matched"),
                        ],
                        max_length=8,
                    ),
                ),
                ("points", models.BigIntegerField(default=0, help_text="0 where nothing would have been given.")),
                ("given_points", models.BigIntegerField(default=0, help_text="What the rule gave for this event.")),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("once_key", models.CharField(max_length=500, null=True)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("detail", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(condition=models.Q(("status", "refused")), fields=["-id"], name="event_refused"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("outcome__contains", [{"problem": {"code": "rule_error"}}])),
                fields=["-id"],
                name="event_rule_error",
            ),
        ),
        migrations.AddField(
            model_name="rulechange",
            name="approval",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="rule_change", to="approvals.approval"
            ),
        ),
        migrations.AddField(
            model_name="rulechange",
            name="replaces",
            field=models.ForeignKey(
                help_text="Live when it was asked for. Empty: the rule was off.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programs.ruleversion",
            ),
        ),
        migrations.AddField(
            model_name="rulechange",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rulechange",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="programs.rule"
            ),
        ),
        migrations.AddField(
            model_name="rulechange",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="programs.ruleversion"
            ),
        ),
        migrations.AddField(
            model_name="rulesimulation",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="simulations", to="programs.programme"
            ),
        ),
        migrations.AddField(
            model_name="rulesimulation",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="simulatedmatch",
            name="event",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="programs.event"
            ),
        ),
        migrations.AddField(
            model_name="simulatedmatch",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="simulatedmatch",
            name="simulation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="programs.rulesimulation"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "turned_on", "rejected", "withdrawn"])),
                name="rule_change_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("status", "waiting")),
                    models.Q(models.Q(("status", "waiting"), _negated=True), ("closed_at__isnull", False)),
                    _connector="OR",
                ),
                name="rule_change_closed_at_when_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "waiting")), fields=("rule",), name="rule_change_one_waits"
            ),
        ),
        migrations.AddIndex(
            model_name="rulesimulation",
            index=models.Index(
                condition=models.Q(("status", "running")), fields=["next_attempt_at"], name="rule_simulation_runs"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesimulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["running", "done", "cancelled", "dead"])),
                name="rule_simulation_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesimulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_at__gt", models.F("from_at"))), name="rule_simulation_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesimulation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("next_attempt_at__isnull", False), ("status", "running")),
                    models.Q(
                        models.Q(("status", "running"), _negated=True),
                        ("closed_at__isnull", False),
                        ("next_attempt_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="rule_simulation_next_attempt_while_it_runs",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesimulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("seen_events__lte", models.F("event_count"))),
                name="rule_simulation_sees_what_it_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="simulatedmatch",
            index=models.Index(fields=["simulation", "person"], name="simulated_match_person"),
        ),
        migrations.AddIndex(
            model_name="simulatedmatch",
            index=models.Index(fields=["simulation", "status", "id"], name="simulated_match_status"),
        ),
        migrations.AddConstraint(
            model_name="simulatedmatch",
            constraint=models.UniqueConstraint(fields=("simulation", "event"), name="simulated_match_once_per_event"),
        ),
        migrations.AddConstraint(
            model_name="simulatedmatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["credited", "pending", "parked", "refused", "no_match"])),
                name="simulated_match_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulatedmatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("points__gt", 0), ("status__in", ["credited", "pending", "parked"])),
                    models.Q(("points", 0), ("status__in", ["refused", "no_match"])),
                    _connector="OR",
                ),
                name="simulated_match_points_where_given",
            ),
        ),
        migrations.RunSQL(CHECKED, UNDO),
    ]
