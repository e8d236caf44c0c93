"""Who may only look sees values: Django shows "None" for what only a form knows."""

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Group
from django.db import models
from django.test import RequestFactory

from people.tests.factories import make_person
from rewards_portal import roles


@pytest.mark.django_db
@pytest.mark.parametrize("model", site._registry, ids=lambda model: model._meta.label_lower)
def test_each_field_of_a_page_can_be_read_without_its_form(model: type[models.Model]) -> None:
    auditor = make_person(is_staff=True)
    auditor.groups.add(Group.objects.get(name=roles.AUDITORS))
    request, model_admin = RequestFactory().get("/"), site.get_model_admin(model)
    request.user = auditor
    if not model_admin.has_view_permission(request):
        return
    row = model()
    row.pk = row.pk or 1
    names = [name for name in flatten_fieldsets(model_admin.get_fieldsets(request, row)) if not callable(name)]
    assert [name for name in names if not hasattr(model_admin, name) and not hasattr(model, name)] == []
