"""What cannot be done to people, and why."""

from api.errors import PortalError


class PeopleError(PortalError):
    """Something about people that we refuse."""

    code, title = "people_error", "That cannot be done"


class InvalidPerson(PeopleError):
    """A field of somebody's record is missing or holds what it cannot hold. The pointer names the row and the field."""

    code, title = "invalid_person", "A person's record cannot be taken"


class PersonConflict(PeopleError):
    """An e-mail address, employee number or external id already belongs to somebody else. Each may have it once."""

    code, title, status = "person_conflict", "That already belongs to somebody else", 409


class UnknownManager(PeopleError):
    """The manager's employee number is nobody's. Enrol the manager first, or in the same list."""

    code, title = "unknown_manager", "Nobody has the manager's employee number"


class ManagerCircle(PeopleError):
    """Somebody would stand above themselves: the detail names the chain. Give one of them another manager, or none."""

    code, title = "manager_circle", "Managers would go in a circle"


class OwnStatus(PeopleError):
    """Nobody suspends themselves: the last one who could undo it would be locked out. Ask a colleague."""

    code, title, status = "own_status", "Nobody changes their own status", 403
