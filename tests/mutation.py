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
    from mutmut.mutation import file_mutation
    from mutmut.mutation.file_mutation import MutationVisitor

    leave_out = MutationVisitor._skip_node_and_children

    def leave_out_less(self: MutationVisitor, node: cst.CSTNode) -> bool:
        return not (isinstance(node, cst.FunctionDef) and is_retried(node)) and leave_out(self, node)

    def is_retried(function: cst.FunctionDef) -> bool:
        names = [cst.ensure_type(each, cst.Decorator).decorator for each in function.decorators]
        return [getattr(name, "attr", name).value for name in names if hasattr(name, "value")] == ["retried"]

    arrange = file_mutation.function_trampoline_arrangement

    def arrange_with_one_retry(function: cst.FunctionDef, *args: object, **kwargs: object) -> tuple[object, ...]:
        """Leave the decorator to the function that calls the copies: two transactions are more statements than one."""
        before, copies, *rest = arrange(function, *args, **kwargs)
        if is_retried(function):
            copies = [copy if copy.name == function.name else copy.with_changes(decorators=[]) for copy in copies]
        return (before, copies, *rest)

    MutationVisitor._skip_node_and_children = leave_out_less
    file_mutation.function_trampoline_arrangement = arrange_with_one_retry


if __name__ == "__main__":
    main()
