"""Since when occasions are watched for."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0015_budgets'),
    ]

    operations = [
        migrations.CreateModel(
            name='OccasionWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=40, unique=True)),
                ('since', models.DateTimeField()),
                ('through', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('through__gte', models.F('since'))), name='occasion_watch_goes_forward')],
            },
        ),
    ]
