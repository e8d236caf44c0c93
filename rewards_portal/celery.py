"""The worker. Tasks only wake up work that rows already hold, so a lost broker loses nothing."""

import os

from celery import Celery

from rewards_portal import folder_queue

folder_queue.install()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rewards_portal.settings")
app = Celery("rewards_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
