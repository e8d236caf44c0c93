"""The web process's entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rewards_portal.settings")
application = get_wsgi_application()
# Every page's code is loaded here, before gunicorn forks: shared by its workers, and waited for by no request.
assert get_resolver().url_patterns
