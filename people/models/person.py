"""Who earns, gives and signs in."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pghistory
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import ExtractDay, ExtractMonth, Lower
from django.utils.crypto import salted_hmac

from api import ids
from people.clocks import clock
from people.enums import PersonStatus
from people.fields import AddressField
from people.validators import day_of_a_year, known_country, known_language, known_time_zone

# As far as to nobody, to `last`, or so far up that it can only be a circle of others.
MANAGERS = """
WITH RECURSIVE above AS (
    SELECT 1 AS step, id, manager_id FROM people_person WHERE id = %(first)s
    UNION ALL
    SELECT above.step + 1, person.id, person.manager_id
    FROM above JOIN people_person person ON person.id = above.manager_id
    WHERE above.manager_id <> %(last)s AND above.step < 100
)
SELECT person.* FROM above JOIN people_person person USING (id) ORDER BY above.step
"""


class PersonManager(BaseUserManager["Person"]):
    """Makes people, as Django's `createsuperuser` expects."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create somebody who may sign in; without a password, by e-mail code or single sign-on only."""
        person = self.model(email=email, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create somebody with every permission in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


# the history says who changed what; when somebody was born is nobody's business a year after it was mended
@pghistory.track(exclude=["password", "last_login", "birthday"])
class Person(AbstractBaseUser, PermissionsMixin):
    """An employee, or a customer or partner of a loyalty programme: the user model.

    The employee number is a string: leading zeros are part of it.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    email = AddressField(max_length=254)
    employee_number = models.CharField(max_length=64, unique=True)
    scim_external_id = models.CharField("SCIM external id", max_length=255, unique=True, null=True, blank=True)
    name = models.CharField(max_length=160)
    department = models.ForeignKey("people.Department", on_delete=models.PROTECT, null=True, blank=True)
    manager = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    country = models.CharField(max_length=2, validators=[known_country], help_text="ISO 3166-1 alpha-2, as DE.")
    language = models.CharField(max_length=10, default="en-gb", validators=[known_language])
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[known_time_zone], help_text="IANA name, as Europe/Lisbon."
    )
    grade = models.CharField(max_length=40, blank=True, default="")
    joined_on = models.DateField(null=True, blank=True)
    birthday = models.CharField(
        max_length=5,
        blank=True,
        default="",
        validators=[day_of_a_year],
        help_text="Month and day, as 05-31; never the year. Empty: not known, or not to be marked.",
    )
    marks_birthday = models.BooleanField("mark my birthday", default=True)  # their own wish, in the settings
    status = models.CharField(max_length=16, choices=PersonStatus.choices, default=PersonStatus.ACTIVE)
    left_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they left; empty for whoever is here or suspended."
    )
    is_staff = models.BooleanField("may use the admin", default=False)
    signed_out_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Sessions begun before are dead: it is part of their key."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["employee_number", "name", "country"]

    class Meta:
        verbose_name_plural = "people"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="person_email_unique",
                violation_error_message="Another person has this e-mail address.",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="person_email_lower_case"),
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="person_country_iso"),
            models.CheckConstraint(condition=models.Q(status__in=PersonStatus.values), name="person_status_known"),
            models.CheckConstraint(
                condition=models.Q(left_at__isnull=True) | models.Q(status="left"), name="person_left_at_when_left"
            ),
            models.CheckConstraint(condition=~models.Q(employee_number=""), name="person_employee_number_given"),
            models.CheckConstraint(condition=~models.Q(manager=models.F("id")), name="person_not_own_manager"),
            models.CheckConstraint(
                condition=models.Q(birthday="")
                | models.Q(birthday__regex=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
                & ~models.Q(birthday__in=["02-30", "02-31", "04-31", "06-31", "09-31", "11-31"]),
                name="person_birthday_is_a_day",
            ),
        ]
        indexes = [
            # the daily run over leavers
            models.Index(fields=["left_at"], condition=models.Q(left_at__isnull=False), name="person_leavers"),
            # whose occasion it is today, asked of everybody every few minutes
            models.Index(fields=["birthday", "time_zone"], condition=~models.Q(birthday=""), name="person_birthday"),
            models.Index(
                ExtractMonth("joined_on"),
                ExtractDay("joined_on"),
                "time_zone",
                condition=models.Q(joined_on__isnull=False),
                name="person_joined",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse oneself as manager, near or far: forms leave out the constraint, as the key is no field of theirs.

        Raises:
            ValidationError: as said; it names the chain.
        """
        super().clean()
        if self.manager_id is None:
            return
        if self.manager_id == self.pk:
            raise ValidationError({"manager": "Nobody is their own manager."})
        chain = [self, *self._managers()]
        if chain[-1].manager_id == self.pk:
            names = " → ".join(each.name for each in [*chain, self])
            raise ValidationError({"manager": f"Managers would go in a circle: {names}. Choose somebody else."})

    def _managers(self) -> "list[Person]":
        """Return who stands above, the nearest first, as far as to nobody or to this person again; one query."""
        return list(Person.objects.raw(MANAGERS, {"first": self.manager_id, "last": self.pk}))

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether this person may sign in; Django and allauth ask by this name."""
        return self.status == PersonStatus.ACTIVE

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must hold to be this person's: a new password or a sign-out ends every older one."""
        key_salt = "people.models.Person.get_session_auth_hash"
        value = f"{self.password}\0{self.signed_out_at.timestamp() if self.signed_out_at else 0}"
        return salted_hmac(key_salt, value, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """Return the name, as Django's admin asks for it."""
        return self.name

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return self.name.split(" ")[0]

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone; UTC where its name is no longer one."""
        return clock(self.time_zone)

    @property
    def initials(self) -> str:
        """Return one or two letters for the round picture."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
