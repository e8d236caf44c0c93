"""One app holds Celery, so that tasks find it."""

from rewards_portal.celery import app as celery_app

__all__ = ["celery_app"]
