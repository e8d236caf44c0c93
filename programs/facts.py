"""What must be known before a list of points requests can be decided: one statement, however long the list."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from messaging.operations.webhook_events import HEARD
from people import queries as people_queries
from people.models import Person
from programs.models import Programme
from programs.queries import STEP_COLUMNS, Payers, Step, Terms

Key = tuple[str | None, str]  # client and external_id: unique for ever

PROGRAMME_COLUMNS = [column.attname for column in Programme._meta.concrete_fields]

# A row for each request; a programme only with the first request that names it. Every LATERAL is one walk down an index
# and says so by its LIMIT: the plan is then the same for one request and ten thousand, and PostgreSQL, which cannot see
# into the JSON, makes it once for a connection and not once for a call.
LOOK_UP = f"""
SELECT asked.place, wallet.id, earlier.id, earlier.fingerprint, terms.steps, terms.departments, department.name,
       manager.employee_number,
       {", ".join(f"person.{column}" for column in people_queries.COLUMNS)},
       {", ".join(f"terms.{column}" for column in PROGRAMME_COLUMNS)},
       {HEARD}
FROM json_to_recordset(%s) AS asked
    (place integer, programme text, number text, email text, scim text, client text, external_id text)
LEFT JOIN LATERAL ({people_queries.ASKED}) person ON true
LEFT JOIN LATERAL (SELECT name FROM people_department WHERE id = person.department_id LIMIT 1) department ON true
LEFT JOIN LATERAL (SELECT employee_number FROM people_person WHERE id = person.manager_id LIMIT 1) manager ON true
LEFT JOIN LATERAL (SELECT id FROM wallets_account WHERE person_id = person.id LIMIT 1) wallet ON true
LEFT JOIN LATERAL (
    SELECT id, fingerprint FROM programs_pointsrequest
    WHERE client_id = asked.client AND external_id = asked.external_id
    UNION ALL
    SELECT id, fingerprint FROM programs_pointsrequest
    WHERE client_id IS NULL AND asked.client IS NULL AND external_id = asked.external_id
    LIMIT 1
) earlier ON true
LEFT JOIN LATERAL (
    SELECT programme.*, (
        SELECT json_agg(json_build_array({", ".join(STEP_COLUMNS)}) ORDER BY over DESC)
        FROM programs_approvalstep WHERE programme_id = programme.id AND applies_to = 'requests'
    ) AS steps, (
        SELECT json_agg(json_build_array(department_id, account_id))
        FROM programs_departmentbudget WHERE programme_id = programme.id AND closed_at IS NULL
    ) AS departments
    FROM programs_programme programme WHERE slug = asked.programme LIMIT 1
) terms ON true
"""  # noqa: S608 - the columns are the models' own


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request names: a programme, a recipient and, with an external_id, what it must not repeat."""

    programme: str
    recipient: str
    key: Key | None


@dataclass(slots=True)
class Facts:
    """What a list names, as far as it exists: programmes by slug, people by the names that were used, their wallets by
    person, the requests that carry its keys already, as id and fingerprint, and the budgets of departments. `heard` are
    the types of events that client systems listen to.
    """

    terms: dict[str, Terms] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    wallets: dict[UUID, UUID] = field(default_factory=dict)
    asked_before: dict[Key, tuple[UUID, str]] = field(default_factory=dict)
    payers: Payers = field(default_factory=dict)
    heard: Collection[str] = ()

    def counts(self) -> bool:
        """Return whether a programme limits what it gives, to one person or in all: that is counted under locks."""
        programmes = [terms.programme for terms in self.terms.values()]
        return any((each.per_person_limit or each.per_programme_limit) is not None for each in programmes)


def look_up(asked: Sequence[Asked]) -> Facts:
    """Return what exists of all that these requests name."""
    facts, slugs = Facts(), set[str]()
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [json.dumps([_row(place, each, slugs) for place, each in enumerate(asked)])])
        rows = cursor.fetchall()
    people: dict[UUID, Person] = {}
    for place, wallet_id, earlier_id, fingerprint, steps, departments, department, manager, *columns, heard in rows:
        person_columns, programme_columns = columns[:PERSON_COLUMNS], columns[PERSON_COLUMNS:]
        one = asked[place]
        facts.heard = heard or ()
        if person_id := person_columns[PERSON_ID]:
            if person_id not in people:
                people[person_id] = people_queries.read(person_columns, department, manager)
            facts.people[one.recipient] = people[person_id]
            if wallet_id:
                facts.wallets[person_id] = wallet_id
        if one.key and earlier_id:
            facts.asked_before[one.key] = (earlier_id, fingerprint)
        if programme_columns[PROGRAMME_ID] is not None:
            programme = Programme.from_db(connection.alias, PROGRAMME_COLUMNS, programme_columns)
            facts.payers |= {(programme.pk, department_id): UUID(paying) for department_id, paying in departments or ()}
            facts.terms[programme.slug] = Terms(programme, tuple(Step(*step) for step in steps or ()))
    return facts


PERSON_COLUMNS = len(people_queries.COLUMNS)
PERSON_ID, PROGRAMME_ID = people_queries.COLUMNS.index("id"), PROGRAMME_COLUMNS.index("id")


def _row(place: int, asked: Asked, slugs: set[str]) -> dict[str, object]:
    row: dict[str, object] = {"place": place, **people_queries.parts(asked.recipient)}
    if asked.key:
        row["client"], row["external_id"] = asked.key
    if asked.programme not in slugs:
        slugs.add(asked.programme)
        row["programme"] = asked.programme
    return row
