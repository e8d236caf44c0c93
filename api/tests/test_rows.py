"""Rows made as if they were read."""

import pytest

from api import rows
from api.models import ApiClient
from api.tests.factories import make_client

pytestmark = pytest.mark.django_db


def test_row_is_the_one_that_django_reads() -> None:
    read = ApiClient.objects.select_related("oauth").get(pk=make_client().pk)
    values = {field.attname: getattr(read, field.attname) for field in ApiClient._meta.concrete_fields}
    made = rows.as_read(ApiClient, dict(values), {"oauth": read.oauth})
    assert (made, made.oauth, made._state.adding, made._state.db) == (read, read.oauth, False, read._state.db)
    assert {name: value for name, value in vars(made).items() if name != "_state"} == values
    made.per_minute = 7
    made.save(update_fields=["per_minute"])
    assert ApiClient.objects.get(pk=read.pk).per_minute == 7
