import pytest


def test_healthz_asks_nobody(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_says_ready(client, db):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    assert "no-store" in response["Cache-Control"]


def test_readyz_names_a_broker_that_does_not_answer(client, db, monkeypatch):
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    response = client.get("/readyz")
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert (response.json()["code"], response.json()["detail"]) == ("not_ready", "The broker does not answer.")


@pytest.mark.django_db(transaction=False)
def test_readyz_names_migrations_that_wait(client):
    from django.db.migrations.recorder import MigrationRecorder

    from api import health

    health._Seen.migrated = False
    MigrationRecorder.Migration.objects.filter(app="people").order_by("-id").first().delete()
    assert client.get("/readyz").json()["detail"] == "Migrations wait to be applied: run manage.py migrate."
