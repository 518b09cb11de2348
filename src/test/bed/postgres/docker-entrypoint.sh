#!/bin/bash
# The interface of the official image, as far as pgsteward's compose file and tests use it: POSTGRES_USER, POSTGRES_DB,
# POSTGRES_PASSWORD[_FILE], POSTGRES_INITDB_ARGS, PGDATA, /docker-entrypoint-initdb.d/*.sh, *.sql, *.sql.gz.
set -Eeuo pipefail

[[ ${1-postgres} == -* ]] && set -- postgres "$@"
[[ ${1-} == postgres ]] || exec "$@"

# As in the official image since 18, a new cluster in the default folder is refused beside the data or the mount of an older
# version. A mount of the former place would otherwise stay empty, and the data would be in an anonymous volume.
if [[ ! -s $PGDATA/PG_VERSION && $PGDATA == "/var/lib/postgresql/$PG_MAJOR/docker" ]]; then
    old=
    for folder in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
        if [[ -s $folder/PG_VERSION ]]; then old=${old:+$old }$folder; fi
    done
    if [[ ! $old ]] && mountpoint -q /var/lib/postgresql/data; then old='/var/lib/postgresql/data (unused mount/volume)'; fi
fi

mkdir -p "$PGDATA"
chmod 700 "$PGDATA" || true # initdb reports a folder of another user
if [[ $(id -u) == 0 ]]; then
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
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
    if [[ ${old-} ]]; then
        echo "Error: in 18+, there appears to be PostgreSQL data in: $old" >&2
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
