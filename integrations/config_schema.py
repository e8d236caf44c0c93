"""What editors know of the section `connections`."""

from collections.abc import Mapping, Sequence

from api.configuration_schema import Schema, choice, either, flag, mapping, several, slug, text
from integrations import enrichment
from integrations.connections import (
    CREDENTIALS,
    DATA_NAME,
    DATA_NAMES_MAX,
    EVENT_CHARACTERS_MAX,
    HEADER_NAME,
    ID_PATHS_MAX,
    SECRET,
)
from integrations.enums import System
from integrations.paths import PATH_CHARACTERS_MAX
from integrations.values import KINDS

PATH = text("A JMESPath into the message.", length_max=PATH_CHARACTERS_MAX)
CREDENTIAL_MEMBERS = {
    "username": text("The user name of HTTP Basic.", length_max=200, pattern="[^:]+"),
    "name": text("The header that carries it, as X-Api-Key.", length_max=100, pattern=HEADER_NAME.pattern),
    "secret": text(
        "The environment variable that holds it, as env:SF_HOOK_SECRET.", length_max=124, pattern=SECRET.pattern
    ),
    "encoding": choice("How the HMAC is written.", ["hex", "base64"], default="hex"),
    "prefix": text('What stands before the HMAC, as "sha256=".', length_max=40),
    "client": text("A client of ours, whose tokens are taken.", length_max=200),
}
DEFAULTED = {"encoding", "prefix"}


def _credential(description: str, kinds: Mapping[str, Sequence[str]]) -> Schema:
    """Return the schema of a credential: what each kind holds, `?` and what has a default may be left out."""
    return either(description, *(_kind(kind, members) for kind, members in kinds.items()))


def _kind(kind: str, members: Sequence[str]) -> Schema:
    needed = {name: CREDENTIAL_MEMBERS[name] for name in members if name in CREDENTIAL_MEMBERS.keys() - DEFAULTED}
    optional = {
        name: CREDENTIAL_MEMBERS[name] for name in (each.removesuffix("?") for each in members) if name not in needed
    }
    return mapping(f"Of kind {kind}.", {"kind": {"const": kind}} | needed, optional)


CREDENTIAL = _credential("How the system proves who it is.", CREDENTIALS)
AUTH = _credential("How the portal proves who it is.", enrichment.AUTH)
VALUE = either(
    "Where a value of the event's data stands, and how it is read.",
    PATH,
    mapping(
        "A value of the event's data.",
        {"path": PATH},
        {
            "as": choice("What it is read as.", KINDS),
            "none_if": either(
                "Values that count as none and never credit.",
                several({"type": ["string", "number"]}, "Several."),
                {"type": ["string", "number"]},
            ),
            "min": {"type": "number", "description": "A smaller number is refused."},
            "max": {"type": "number", "description": "A larger number is refused."},
        },
    ),
)
ENRICH = mapping(
    "Where the detail of a thin event is fetched; paths find it as detail.",
    {"get": text("An address with {paths} in its path or query.", length_max=enrichment.URL_CHARACTERS_MAX)},
    {"auth": AUTH},
)
CONNECTION = mapping(
    "How an HR system's own message becomes an event.",
    {
        "slug": slug("Its name, and the end of its address: /api/v1/hooks/{slug}."),
        "system": choice("Whose messages it takes.", System.values),
        "credential": CREDENTIAL,
        "event": text("The CloudEvents type that rules listen to.", length_max=EVENT_CHARACTERS_MAX),
        "id": either(
            "Where the message's id stands: unique for this connection, for ever.",
            PATH,
            several(PATH, "Paths whose values are joined by /.") | {"minItems": 1, "maxItems": ID_PATHS_MAX},
        ),
        "recipient": PATH | {"description": "Where the recipient stands."},
    },
    {
        "active": flag("Whether it takes messages.", default=True),
        "items": PATH | {"description": "Picks the things that each become one event."},
        "time": PATH | {"description": "Where the time of the event stands."},
        "time_zone": text("IANA name, for times without one.", length_max=64) | {"default": "UTC"},
        "data": {
            "type": "object",
            "description": "What rules read as event.…",
            "patternProperties": {f"^{DATA_NAME.pattern}$": VALUE},
            "additionalProperties": False,
            "maxProperties": DATA_NAMES_MAX,
        },
        "enrich": ENRICH,
    },
)
