"""Seeing the body of a received message and replaying one are permissions of their own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="receivedmessage",
            options={
                "permissions": [
                    ("view_body_receivedmessage", "Can see the body of a received message"),
                    ("replay_receivedmessage", "Can replay a received message"),
                ]
            },
        ),
    ]
