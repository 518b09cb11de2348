#!/bin/bash
# The interface of the official image, as far as pgsteward's compose file and tests use it: POSTGRES_USER, POSTGRES_DB,
# POSTGRES_PASSWORD[_FILE], POSTGRES_INITDB_ARGS, PGDATA, /docker-entrypoint-initdb.d/*.sh, *.sql, *.sql.gz.
set -Eeuo pipefail

[[ ${1-postgres} == -* ]] && set -- postgres "$@"
[[ ${1-} == postgres ]] || exec "$@"

if [[ $(id -u) == 0 ]]; then
    mkdir -p "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    chmod 700 "$PGDATA"
    exec gosu postgres "$0" "$@"
fi

if [[ ! -s $PGDATA/PG_VERSION ]]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    password=${POSTGRES_PASSWORD-}
    [[ ${POSTGRES_PASSWORD_FILE-} ]] && password=$(<"$POSTGRES_PASSWORD_FILE")
    if [[ ! $password ]]; then
        echo "Error: Database is uninitialized and superuser password is not specified." >&2
        exit 1
    fi
    # shellcheck disable=SC2086  # a list of arguments
    initdb --username="$user" --pwfile=<(printf '%s\n' "$password") --auth-host=scram-sha-256 --auth-local=trust ${POSTGRES_INITDB_ARGS-}
    # This is the line of the official image. "all" does not include replication, so base backups from other hosts fail.
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"

    # As in the official image, only the socket answers during initialisation. Hence health checks use -h 127.0.0.1.
    pg_ctl -w -o "-c listen_addresses='' -p 5432" start
    run() { psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$user" -d "$database" "$@"; }
    [[ $database == postgres ]] || psql -v ON_ERROR_STOP=1 -q -U "$user" -d postgres -v name="$database" <<<'CREATE DATABASE :"name";'
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
            *.sh) echo "$0: running $script"; if [[ -x $script ]]; then "$script"; else bash "$script"; fi ;;
            *.sql) echo "$0: running $script"; run -f "$script" ;;
            *.sql.gz) echo "$0: running $script"; gunzip -c "$script" | run ;;
        esac
    done
    pg_ctl -w -m fast stop
    echo "PostgreSQL init process complete; ready for start up."
fi
exec "$@"
