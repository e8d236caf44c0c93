"""Django's PostgreSQL, but for how a kept connection is checked before each request; named in `DATABASES`."""
