"""Limits have bounds, told by the admin as the configuration file tells them; the columns stay."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0003_points_requests_are_kept"),
    ]

    operations = [
        migrations.AlterField(
            model_name="approvalstep",
            name="over",
            field=models.PositiveIntegerField(
                help_text="Points above which this step applies.",
                validators=[django.core.validators.MaxValueValidator(10000000)],
            ),
        ),
        migrations.AlterField(
            model_name="approvalstepevent",
            name="over",
            field=models.PositiveIntegerField(
                help_text="Points above which this step applies.",
                validators=[django.core.validators.MaxValueValidator(10000000)],
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="budget_low_at",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Points left at which somebody is told.",
                null=True,
                validators=[django.core.validators.MaxValueValidator(1000000000000000)],
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="per_person_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Points for one person within the days beside.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="per_person_limit_days",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="per_request_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Points in one request.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(10000000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="points_expire_after_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Empty: never.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="programmeevent",
            name="budget_low_at",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Points left at which somebody is told.",
                null=True,
                validators=[django.core.validators.MaxValueValidator(1000000000000000)],
            ),
        ),
        migrations.AlterField(
            model_name="programmeevent",
            name="per_person_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Points for one person within the days beside.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AlterField(
            model_name="programmeevent",
            name="per_person_limit_days",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="programmeevent",
            name="per_request_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Points in one request.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(10000000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="programmeevent",
            name="points_expire_after_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Empty: never.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
    ]
