"""What editors know of the section `programmes`."""

from api.configuration_schema import Schema, choice, day, either, mapping, several, slug, text, whole
from programs.enums import ApprovalSubject, ProgrammeStatus, StepApprover, UnknownRecipients
from programs.models.programme import DAYS_MAX, LOW_AT_MAX, NOTIFY, PARK_DAYS_MAX, PERSON_POINTS_MAX, WAITING_DAYS_MAX
from programs.models.recognition import VALUE_CHARACTERS
from wallets.models.account import POINTS_MAX, TRANSFER_POINTS_MAX

EXPRESSION_CHARACTERS_MAX = 4000
EVENT_TYPE_CHARACTERS_MAX = 200
REASON_CHARACTERS_MAX = 300
NAME_CHARACTERS_MAX = 120
GROUP_CHARACTERS_MAX = 150  # django.contrib.auth


def _cel(description: str) -> Schema:
    return text(description, length_max=EXPRESSION_CHARACTERS_MAX)


def _window(description: str, points_max: int) -> Schema:
    return mapping(
        description,
        {"points": whole("How many points.", 1, points_max), "days": whole("Within how many days.", 1, DAYS_MAX)},
    )


STEP = mapping(
    "Above how many points whose approval is needed. The highest threshold passed counts.",
    {"group": text("Whose members may approve.", length_max=GROUP_CHARACTERS_MAX)},
    {
        "over": whole("Points above which it applies; needed but for rules.", 0, POINTS_MAX),
        "approvals": whole("How many must agree.", 1, 2, default=1),
        "for": choice("What it is about.", ApprovalSubject.values, default=ApprovalSubject.REQUESTS.value),
        "approver": choice("Who decides first.", StepApprover.values, default=StepApprover.GROUP.value),
        "remind_after_days": whole("Days after which those who may decide are reminded.", 1, WAITING_DAYS_MAX),
        "escalate_after_days": whole("Days after which others may decide too.", 1, WAITING_DAYS_MAX),
        "escalate_to": text("The group whose members may then.", length_max=GROUP_CHARACTERS_MAX),
    },
)
RULE = mapping(
    "What earns points.",
    {
        "slug": slug("Its name."),
        "event": text("The CloudEvents type it listens to.", length_max=EVENT_TYPE_CHARACTERS_MAX),
        "when": _cel("CEL: true where points are earned."),
        "points": either(
            "CEL: how many, as an integer.", _cel("CEL."), whole("A plain number of points.", 1, POINTS_MAX)
        ),
        "reason": text("Text with {CEL} in it, as Rated {event.rating}.", length_max=REASON_CHARACTERS_MAX),
    },
    {"once_per": several(_cel("CEL."), "Values that make one credit per person, whatever arrives.")},
)
LIMITS = mapping(
    "What it gives at most; null is no limit.",
    {},
    {
        "per_request": whole("Points in one request.", 1, POINTS_MAX),
        "per_person": _window("Points for one person.", PERSON_POINTS_MAX),
        "per_programme": _window("Points for all people together.", TRANSFER_POINTS_MAX),
        "allowance": mapping(
            "Points a month that people may give each other; with it the programme is for recognition.",
            {},
            {
                "managers": whole("For each who manages somebody.", 0, POINTS_MAX, default=0),
                "everyone": whole("For each colleague.", 0, POINTS_MAX, default=0),
                "carry_over": whole(
                    "What is left of a month and may go into the next, at most.", 0, POINTS_MAX, default=0
                ),
            },
        ),
    },
)
DEPARTMENT = mapping(
    "A department whose people draw from a budget of its own.",
    {"department": text("Its name.", length_max=NAME_CHARACTERS_MAX)},
    {"low_at": whole("Points left at which somebody is told.", 0, LOW_AT_MAX)},
)
PROGRAMME = mapping(
    "A reason for which the company gives points.",
    {"slug": slug("Its name for systems."), "name": text("Its name for people.", length_max=NAME_CHARACTERS_MAX)},
    {
        "status": choice("Only an active one gives points.", ProgrammeStatus.values, default="draft"),
        "starts_on": day("The first day (UTC) with points."),
        "ends_on": day("The first day (UTC) without points again."),
        "points_expire_after_days": whole("null: never.", 1, DAYS_MAX),
        "unknown_recipients": choice(
            "What happens to points for somebody not known yet.", UnknownRecipients.values, default="refuse"
        ),
        "park_for_days": whole("Days for which they wait.", 1, PARK_DAYS_MAX),
        "eligible": _cel('CEL over person, as person.country in ["IN", "DE"]. Left out: everybody.'),
        "approval": several(STEP, "Who approves what."),
        "limits": LIMITS,
        "budget": mapping(
            "Its budget; the points themselves are funded.",
            {},
            {
                "low_at": whole("Points left at which somebody is told.", 0, LOW_AT_MAX),
                "departments": several(DEPARTMENT, "Departments with a budget of their own."),
            },
        ),
        "recognition": mapping(
            "What a recognition may name.",
            {},
            {"values": several(text("A company value.", length_max=VALUE_CHARACTERS), "In the order of the page.")},
        ),
        "notify": several({"enum": NOTIFY}, "Where people hear of it; always in the inbox."),
        "rules": several(RULE, "What earns points by itself."),
    },
)
