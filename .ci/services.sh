# What the tests need beside Python: Chromium for the pages, iproute2 for two hosts on one machine, and a PostgreSQL of
# this run's own on a free port of 127.0.0.1, gone when the run ends. Sourced by .ci/run; LEUKOLENS_TEST_POSTGRES then holds the address of its database.
# Without them (no Debian, no rights to install) the tests that need them are skipped with the reason.

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v ip >/dev/null || missing+=(iproute2)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

start_postgres() {
    bin=$(compgen -G '/usr/lib/postgresql/*/bin' | tail -n 1) || return 0
    folder=$(mktemp -d)
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    as=()
    if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
        chown postgres "$folder"
        as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    fi
    (
        cd "$folder"
        "${as[@]}" "$bin/initdb" --pgdata data --username leukolens --auth trust --encoding UTF8 --no-sync >/dev/null
        "${as[@]}" "$bin/pg_ctl" --pgdata data --wait --log log --silent \
            --options "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start
    )
    stop_postgres() {
        "${as[@]}" "$bin/pg_ctl" --pgdata "$folder/data" --mode immediate --silent stop || true
        rm -rf "$folder"
    }
    trap stop_postgres EXIT
    export LEUKOLENS_TEST_POSTGRES="postgresql+psycopg://leukolens@127.0.0.1:$port/postgres"
}
start_postgres
