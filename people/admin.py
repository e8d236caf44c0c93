"""People and departments as HR sees them."""

from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from api.admin import TrackedModelAdmin
from people.models import Department, Person
from people.operations import people

POWERS = ("is_staff", "is_superuser", "groups")


@admin.register(Department)
class DepartmentAdmin(TrackedModelAdmin):
    """The parts of the company."""

    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Person)
class PersonAdmin(TrackedModelAdmin):
    """Who is here. A superuser alone gives powers, and alone edits those who have some.

    Whoever could change the address of somebody with powers could sign in as them.
    """

    list_display = ["name", "employee_number", "email", "department", "country", "manager", "status"]
    list_filter = ["status", "department", "country", "is_staff"]
    list_select_related = ["department", "manager"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name", "employee_number", "email"]
    search_help_text = "Name, employee number or e-mail address"
    autocomplete_fields = ["department", "manager"]
    filter_horizontal = ["groups"]
    readonly_fields = ["created_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["name", "employee_number", "email", "status"]}),
        ("Work", {"fields": ["department", "manager", "country", "grade", "joined_on", "birthday"]}),
        ("Portal", {"fields": ["language", "time_zone"]}),
        ("Powers", {"fields": list(POWERS)}),
        ("Systems", {"fields": ["scim_external_id", "created_at", "last_login"]}),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether this person may edit that one: those with powers are a superuser's to edit."""
        if isinstance(obj, Person) and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: who leaves gets the status; their ledger stays."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return what this person cannot edit: powers, unless a superuser; of their own, powers and status."""
        is_own = obj is not None and obj.pk == request.user.pk
        powers = POWERS if is_own or not request.user.is_superuser else ()
        return [*self.readonly_fields, *powers, *(["status"] if is_own else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Leave the birthday to those who keep the staff list."""
        if self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [
            (title, {"fields": [name for name in part["fields"] if name != "birthday"]})
            for title, part in self.fieldsets or ()
        ]

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Answer as ever; where somebody else closed a circle of managers this very moment, say so and keep nothing."""
        try:
            return super().changeform_view(request, *args, **options)
        except IntegrityError as error:
            chain, _ = people.circle(error)
            messages.error(request, f"Managers would go in a circle: {chain}. Nothing was changed.")
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Person, form: ModelForm[Person], change: bool) -> None:
        """Keep what was changed on the form and nothing else; the status moves by its operation, which signs out."""
        if not change:
            obj.set_unusable_password()
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=[name for name in form.changed_data if name in columns - {"status"}])
        if "status" in form.changed_data:
            people.set_status(obj.pk, status=form.cleaned_data["status"], by=_who(request), at=timezone.now())


def _who(request: HttpRequest) -> Any:
    return request.user
