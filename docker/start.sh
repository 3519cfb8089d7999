#!/bin/sh
# Starts the bench with the database's password from a file, so that it stands in no list of processes or settings.
# `start-bench readers add NAME` and the like pass through to `leukolens`.
set -eu
if [ -r "${DATABASE_PASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(cat "$DATABASE_PASSWORD_FILE")
    export PGPASSWORD
fi
case "${1:-}" in
    readers | check | export-case) exec leukolens "$@" ;;
    *) exec leukolens review --no-browser "$@" ;;
esac
