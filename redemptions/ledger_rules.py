"""What must be true of spending beside the ledger, for `check_ledger`: one SELECT a rule, in sql/rules/."""

from pathlib import Path

from wallets.ledger_rules import Rule

RULES = tuple(
    Rule(path.stem, path.read_text()) for path in sorted((Path(__file__).parent / "sql" / "rules").glob("*.sql"))
)
