"""The worker. Tasks only wake up work that rows already hold, so a lost broker loses nothing."""

import gc
import os

from celery import Celery
from celery.signals import worker_init

from rewards_portal import folder_queue

folder_queue.install()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rewards_portal.settings")
GC_THRESHOLD = 50_000  # objects; at Python's 700 the search for cycles takes two fifths of the CPU of a large upload
app = Celery("rewards_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]
def collect_rarely(**_: object) -> None:
    """Keep the loaded code out of garbage collection, and collect less often, before the pool's processes start."""
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
