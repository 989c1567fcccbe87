#!/bin/sh
# Starts the stand-in as Metabase's image starts Metabase: all addresses, H2 in a directory of its own, /plugins,
# secrets from files, a user instead of root. All arguments but the first are lost: "migrate down" must be ONE.
export MB_JETTY_HOST="${MB_JETTY_HOST:-0.0.0.0}"
for name in MB_DB_USER MB_DB_PASS MB_DB_CONNECTION_URI; do
  file=$(printenv "${name}_FILE") && export "$name=$(cat "$file")"
done
if [ "$(id -u)" != 0 ]; then
  exec /bin/sh -c "exec java $JAVA_OPTS -jar /app/metabase.jar $1"
fi
uid=${MUID:-2000}
gid=${MGID:-2000}
database=${MB_DB_FILE:-/metabase.db}
mkdir -p "$database"
export MB_DB_FILE="$database/$(basename "$database")"
export MB_PLUGINS_DIR="${MB_PLUGINS_DIR:-/plugins}"
mkdir -p "$MB_PLUGINS_DIR"
chown -R "$uid:$gid" "$database" "$MB_PLUGINS_DIR"
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups /bin/sh -c "exec java $JAVA_OPTS -jar /app/metabase.jar $1"
