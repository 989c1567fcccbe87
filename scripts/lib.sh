# Shared by ./uplift and scripts/*: finds the JDK, the packages and the build. Sourced, not run.

# The modules that run.
UPLIFT_PARTS=orchestrator,artifact-service,backup-service,swap-service,standalone,cli,demo
UPLIFT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "uplift: $*"
  exit 1
}

# What a java says of itself; whoever sets options for all of them would have it say them first.
java_version() { env -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u _JAVA_OPTIONS "$1" -version 2>&1; }

java_major() { java_version "$1" | sed -n '1s/.*version "\([0-9]*\).*/\1/p'; }

# Sets JAVA_HOME to a JDK 25: the given one, the one on the PATH, or one below /usr/lib/jvm.
find_jdk() {
  local candidate
  for candidate in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v javac || true)")")")" \
    /usr/lib/jvm/*25* /opt/*jdk*25*; do
    if [ -x "$candidate/bin/javac" ] && [ "$(java_major "$candidate/bin/java")" = 25 ]; then
      export JAVA_HOME=$candidate
      return
    fi
  done
  fail "JDK 25 is missing. Install one below /usr/lib/jvm (Debian with Adoptium's repository: apt-get install temurin-25-jdk) or set JAVA_HOME."
}

# What want found missing.
MISSING_PACKAGES=

# want COMMAND PACKAGE WHY: notes that PACKAGE is missing, for need_wanted.
want() {
  # Debian keeps the commands of daemons off the PATH of everybody but root.
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 && return
  say "missing: $1 ($3)"
  MISSING_PACKAGES="$MISSING_PACKAGES $2"
}

# Installs all that is wanted and missing as root on Debian; elsewhere names it in one command.
need_wanted() {
  local packages=$MISSING_PACKAGES
  MISSING_PACKAGES=
  [ -n "$packages" ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && [ -z "${UPLIFT_NO_INSTALL:-}" ]; then
    say "installing$packages"
    # shellcheck disable=SC2086
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $packages; } >/dev/null 2>&1 ||
      fail "could not be installed; try it yourself: apt-get install$packages"
  elif [ "$(id -u)" = 0 ]; then
    fail "install what is missing: apt-get install$packages"
  else
    fail "install what is missing: sudo apt-get install$packages"
  fi
}

# need COMMAND PACKAGE WHY: wants one, and needs it at once.
need() {
  want "$@"
  need_wanted
}

want_runtime() {
  want pg_dump postgresql-client "backups of PostgreSQL databases"
  want setpriv util-linux "starting applications as their own users"
}

# What upgrading needs on this machine.
need_runtime() {
  want_runtime
  need_wanted
}

# With the JDK that find_jdk found, builds what is not there or older than its sources; progress on standard error, the log in target/build.log.
build() {
  local stamp=$UPLIFT_ROOT/target/built
  if [ -e "$stamp" ] && [ -z "$(find "$UPLIFT_ROOT" -name target -prune -o \( -name pom.xml -o -path '*/src/main/*' \) -type f -newer "$stamp" -print -quit)" ]; then
    return
  fi
  mkdir -p "$UPLIFT_ROOT/target"
  say "building Uplift (a minute or two the first time; log: target/build.log)"
  if ! (cd "$UPLIFT_ROOT" && ./mvnw -DskipTests -Dspotless.check.skip -pl "$UPLIFT_PARTS" -am package) >"$UPLIFT_ROOT/target/build.log" 2>&1; then
    grep -E '^\[ERROR\]' "$UPLIFT_ROOT/target/build.log" | head -n 5 >&2
    fail "the build failed, see target/build.log"
  fi
  touch "$stamp"
}

# Options of a Java that runs for a moment.
UPLIFT_JAVA=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1)

# class_path MODULE: its libraries and its JAR, as the build made them.
class_path() { printf '%s' "$UPLIFT_ROOT/$1/target/lib/*:$(echo "$UPLIFT_ROOT/$1/target/$1"-*.jar)"; }
