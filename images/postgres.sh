#!/bin/sh
# Makes the database directory the first time, and at every start a role and a database for each service, with the
# password in <SERVICE>_PASSWORD. "ready" tells whether that is done. Nobody logs in as postgres but in here.
set -eu
data=/var/lib/uplift-postgres/data
# shellcheck disable=SC2144
cd /usr/lib/postgresql/*/bin

if [ "${1:-}" = ready ]; then
  [ -e /tmp/prepared ] && exec ./pg_isready --quiet --host /tmp
  exit 1
fi

rm -f /tmp/prepared
if [ ! -e "$data/PG_VERSION" ]; then
  rm -rf "$data.new"
  ./initdb --pgdata "$data.new" --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host scram-sha-256 >/dev/null
  mv "$data.new" "$data"
fi
cat >"$data/pg_hba.conf" <<END
local all postgres trust
host  all postgres all reject
host  all all      all scram-sha-256
END

prepare() {
  ./psql -X -q -v ON_ERROR_STOP=1 -v name="$1" -v password="$2" -d postgres <<'END'
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'name', :'password') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', :'name') \gexec
END
}

# The databases are made before anybody can connect from outside.
./pg_ctl start --pgdata "$data" --wait --silent -o "-c listen_addresses='' -c unix_socket_directories=/tmp"
prepare orchestrator "$ORCHESTRATOR_PASSWORD"
prepare artifact "$ARTIFACT_PASSWORD"
prepare backup "$BACKUP_PASSWORD"
prepare swap "$SWAP_PASSWORD"
./pg_ctl stop --pgdata "$data" --wait --silent --mode fast
touch /tmp/prepared
exec ./postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp
