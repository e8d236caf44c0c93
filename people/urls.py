"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver

api_patterns: list[URLPattern | URLResolver] = []
page_patterns: list[URLPattern | URLResolver] = []
