#!/usr/bin/env bash
# Plans or applies every file, in an order in which what a file names stands before it.
#   PORTAL=/srv/rewards-portal ./each.sh plan
#   PORTAL=/srv/rewards-portal ./each.sh apply --by deploy@acme.example
# Ends with 1 at the first file that is refused. A difference is what a plan is for: it does not fail the job.
set -uo pipefail
cd "$(dirname "$0")"
verb=$1; shift
for file in programmes.yaml connections.yaml catalogue.yaml; do
    echo "## $file"
    "$PORTAL/.venv/bin/python" "$PORTAL/manage.py" config "$verb" "$file" "$@"
    code=$?
    if [ "$code" -ne 0 ] && ! { [ "$verb" = plan ] && [ "$code" -eq 2 ]; }; then exit "$code"; fi
done
