"""`make bench`: runs the benchmarks, prints a table of ratios and keeps it in RESULTS.md.

`python -m benchmarks S2 S3` runs some of them and keeps nothing; `--smoke` shows that they work and measures nothing.
"""

import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path

from rewards_portal import laptop

os.environ.setdefault("VAR_DIR", str(laptop.ROOT / "var" / "bench"))
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ.setdefault("BROKER_URL", "memory://")
laptop.apply_defaults()
os.environ["DEBUG"] = "0"
os.environ.update(
    {
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "SLACK_BOT_TOKEN": "bench",
        "BASE_URL": "https://127.0.0.1",
    }
)


def main() -> None:
    """Run what was asked for, print the table, and keep that of a whole run."""
    import django

    django.setup()
    from benchmarks import company, databases, filling, s1, s2, s3, s4, s5, s9, table
    from benchmarks.sizes import FIGURES, SMOKE

    known = {"S1": s1, "S2": s2, "S3": s3, "S4": s4, "S5": s5, "S9": s9}
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(known)}; all when none is named")
    parser.add_argument("--smoke", action="store_true", help="as little as shows that they work; no figures")
    options = parser.parse_args()
    if unknown := set(options.names) - set(known):
        parser.error(f"There is no {', '.join(sorted(unknown))}.")

    sizes, load, names = SMOKE if options.smoke else FIGURES, table.load(), options.names or known
    rows: list[table.Row] = []
    notes = []
    if {"S5", "S9"} & set(names):
        _say(f"Large database, {sizes.wallets:,} wallets … (load {load:.1f})")
        if seconds := filling.ensure(wallets=sizes.wallets):
            notes = [f"Filling the large database took {seconds:.0f} s; the next run finds it."]
            _say(notes[0])
    started = time.monotonic()
    databases.make_small()
    with databases.use(databases.SMALL):
        acme = company.found(size=sizes.people)
        for name in names:
            _say(f"{name} … (load {table.load():.1f})")
            rows += known[name].measure(acme, sizes)
    notes.insert(0, f"Load before the run {load:.1f}; it took {time.monotonic() - started:.0f} s.")
    sys.stdout.write(table.text(rows) + "\n" + " ".join(notes) + "\n")
    if not options.names and not options.smoke:
        Path(__file__).with_name("RESULTS.md").write_text(table.page(rows, notes=notes))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
