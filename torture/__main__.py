"""`make torture SEED=n MINUTES=m`: drills on killed processes, an audit, openapi.yaml, the ledger's state machine."""

import os
import secrets
import shutil
import sys
import time

from rewards_portal import laptop
from torture import described, model, run
from torture.stage import start_postgres

MINUTES = 5.0
SEEDS = 1_000_000
DRILLS_SHARE, DESCRIBED_SHARE = 3 / 4, 1 / 8  # of the time; the state machine has the rest


def main() -> int:
    """Torture a portal; return 1 where anything is wrong."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(SEEDS))
    limit = os.environ.get("MINUTES")
    minutes = float(limit or MINUTES)
    os.environ.setdefault("VAR_DIR", str(laptop.ROOT / "var" / "torture"))
    environment = dict(os.environ)
    postgres = None if "DATABASE_URL" in os.environ else laptop.postgres_folder()
    if postgres:
        os.environ["DATABASE_URL"] = start_postgres(postgres)
    laptop.apply_defaults()
    folder = laptop.var() / f"run-{os.getpid()}"
    folder.mkdir(parents=True)
    began = time.monotonic()
    _say(f"Torture for {minutes:g} minutes, SEED={seed}")
    report = run.run(seed=seed, seconds=60 * minutes * DRILLS_SHARE, folder=folder, postgres=postgres)
    _say(run.figures(report))
    deadline = _after(minutes * DESCRIBED_SHARE) if limit else None
    explored = described.explore(seed=seed, deadline=deadline, folder=folder, environment=environment)
    _say(f"  API       {explored.operations:,} operations with {described.EXAMPLES:,} examples")
    deadline = _after(minutes * (1 - DRILLS_SHARE - DESCRIBED_SHARE)) if limit else None
    played = model.play(seed=seed, deadline=deadline, environment=environment)
    _say(f"  model     {played.sequences:,} sequences of {model.STEPS} steps")
    others = {"the API": explored.failure, "the model": played.failure}
    findings = [*report.findings, *(f"{name}: {failure}" for name, failure in others.items() if failure)]
    for finding in findings:
        _say(f"  ! {finding}")
    again = f"make torture SEED={seed}" + (f" MINUTES={minutes:g}" if limit else "")
    _say(f"{len(findings)} findings in {time.monotonic() - began:.0f} s. The same again: {again}")
    if findings:
        _say(f"The portal's logs: {folder / 'log'}")
        return 1
    shutil.rmtree(folder)
    return 0


def _after(minutes: float) -> float:
    return time.monotonic() + 60 * minutes


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
