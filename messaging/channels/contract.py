"""What every channel offers, and how its sending ends."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from messaging.models import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message.

    Args:
        reference: the provider's own id of it, at most 200 characters.
    """

    reference: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """This person cannot be reached through this channel; trying again would not help.

    Args:
        reason: why, for the one who reads the admin. Names no person.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work this time; another attempt may.

    Args:
        reason: what happened, for the one who reads the admin. Names no person and holds no secret.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The provider takes nothing from us for a while: no fault of this delivery, and true of all others too.

    Args:
        reason: what the provider said.
        wait: for how long it wants to be left alone.
    """

    reason: str
    wait: timedelta


Outcome = Sent | Skipped | Failed | Paused


class ChannelModule(Protocol):
    """The `channel.py` of a channel's folder."""

    HOW: str  # what a person gets, in a few words beside the switch in their settings

    def ready(self) -> bool:
        """Tell whether the settings hold what this channel needs."""
        ...

    def where(self) -> str:
        """Return where messages are handed over, for the one who reads the admin. Holds no secret."""
        ...

    def send(self, delivery: Delivery) -> Outcome:
        """Send one message to its person. Called outside a transaction; never raises for what a provider does.

        Args:
            delivery: with `message` and `message.person` loaded.
        """
        ...
