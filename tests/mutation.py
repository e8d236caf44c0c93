"""Mutation testing, `make mutants`: mutmut with what this project needs of it.

python tests/mutation.py run                          all of it; goes on where it was stopped
python tests/mutation.py run 'wallets.operations.*'   some of it, again
python tests/mutation.py results                      who survived
python tests/mutation.py show <mutant>                what it changed
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A few examples of the state machine kill what hundreds would; the budget is for thousands of runs.
ENVIRONMENT = {"VAR_DIR": str(ROOT / "var" / "mutants"), "MODEL_EXAMPLES": "20", "MODEL_STEPS": "30"}


def main() -> None:
    os.chdir(ROOT)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    sys.path[0] = str(ROOT)
    if sys.argv[1:2] == ["run"]:
        _make_template()
    _mutate_retried_functions_too()
    from mutmut.__main__ import cli

    cli()


def _make_template() -> None:
    """Migrate the database that every mutant gets a copy of (conftest.py)."""
    one = "wallets/tests/test_accounts.py"
    subprocess.run([sys.executable, "-m", "pytest", "-q", "--timeout=0", "--create-db", "--reuse-db", one], check=True)


def _mutate_retried_functions_too() -> None:
    """Let mutmut change what `@retried` decorates, the operations: decorated functions it leaves alone."""
    import libcst as cst
    from mutmut.mutation.file_mutation import MutationVisitor

    leave_out = MutationVisitor._skip_node_and_children

    def leave_out_less(self: MutationVisitor, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and len(node.decorators) == 1:
            decorator = node.decorators[0].decorator
            name = decorator.attr if isinstance(decorator, cst.Attribute) else decorator
            if isinstance(name, cst.Name) and name.value == "retried":
                return False
        return leave_out(self, node)

    MutationVisitor._skip_node_and_children = leave_out_less


if __name__ == "__main__":
    main()
