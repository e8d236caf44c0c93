"""Where a company's own code hears of points to be paid out, as to hand them to its payroll.

    from wallets import payouts

    payouts.register(my_payroll.announce)  # in an AppConfig.ready

It is called with the key of each new LeaverPayout, after the points left the wallet for good, and may be called again
for one that it heard of before. What it raises is logged and stops nobody: the row stays in finance's queue.
"""

from collections.abc import Callable
from uuid import UUID

import structlog

Hook = Callable[[UUID], None]
_hooks: list[Hook] = []
log = structlog.get_logger()


def register(hook: Hook) -> None:
    """Have `hook` called for each payout from now on; the same one twice is once."""
    if hook not in _hooks:
        _hooks.append(hook)


def announce(leaver_payout_id: UUID) -> None:
    """Call every hook that is registered."""
    for hook in _hooks:
        try:
            hook(leaver_payout_id)
        except Exception as error:  # a company's own code must not stop the run
            log.error("payout_hook_failed", leaver_payout=leaver_payout_id.hex, error=type(error).__name__)
