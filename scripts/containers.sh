# The Docker Engine and the base images, for scripts/test, scripts/test-parts and scripts/images. Sourced after lib.sh.
#
# No image is pulled: each base is a minimal Debian made with mmdebstrap and kept in the engine. Its label holds a
# hash of its recipe, so that it is made again when the recipe changes.

DEBIAN_SUITE=bookworm
JRE_MODULES=java.se,jdk.unsupported,jdk.crypto.ec,jdk.localedata,jdk.zipfs,jdk.naming.dns,jdk.management,jdk.management.agent,jdk.httpserver,jdk.charsets,jdk.net,jdk.security.auth,jdk.jcmd,jdk.jfr
IMAGE_PREFIX=uplift-base

engine_answers() { timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Needs a running engine: takes the one that answers, else installs and starts one, as root.
need_engine() {
  if command -v docker >/dev/null 2>&1 && engine_answers; then
    adopt_engine
    return
  fi
  if [ -n "${DOCKER_HOST:-}" ]; then
    fail "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST; start it or unset DOCKER_HOST"
  fi
  if [ "$(id -u)" != 0 ]; then
    fail "no Docker Engine answers; start it with: sudo systemctl start docker (and join its group: sudo usermod -aG docker $(id -un))"
  fi
  need dockerd docker.io "the Docker Engine"
  need iptables iptables "the Docker Engine's networks"
  start_engine
}

engine_mark() { printf '%s' "$UPLIFT_ROOT/target/dockerd.pid"; }

# An engine that an earlier run of ours started and could not stop is ours again; any other one is left alone.
adopt_engine() {
  local pid
  pid=$(cat "$(engine_mark)" 2>/dev/null || true)
  if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
    ENGINE_PID=$pid
  fi
}

start_engine() {
  local log=$UPLIFT_ROOT/target/dockerd.log attempt
  mkdir -p "$UPLIFT_ROOT/target"
  say "starting the Docker Engine (log: target/dockerd.log)"
  setsid dockerd --log-level=warn </dev/null >"$log" 2>&1 &
  ENGINE_PID=$!
  echo "$ENGINE_PID" >"$(engine_mark)"
  for attempt in $(seq 240); do
    if engine_answers; then
      return
    fi
    if ! kill -0 "$ENGINE_PID" 2>/dev/null; then
      rm -f "$(engine_mark)"
      tail -n 5 "$log" >&2
      fail "the Docker Engine does not start, see target/dockerd.log"
    fi
    sleep 0.25
  done
  stop_engine
  fail "the Docker Engine did not answer within a minute (attempt $attempt), see target/dockerd.log"
}

# Stops the engine if it is ours.
stop_engine() {
  [ -n "${ENGINE_PID:-}" ] || return 0
  say "stopping the Docker Engine"
  kill "$ENGINE_PID" 2>/dev/null || true
  for _ in $(seq 240); do
    kill -0 "$ENGINE_PID" 2>/dev/null || break
    sleep 0.25
  done
  rm -f "$(engine_mark)"
  ip link delete docker0 2>/dev/null || true
  ENGINE_PID=
}

# has_base NAME RECIPE: whether the engine has the image as this recipe makes it.
has_base() {
  [ "$(docker image inspect --format '{{index .Config.Labels "dev.uplift.recipe"}}' "$IMAGE_PREFIX/$1" 2>/dev/null)" = "$2" ]
}

recipe() { printf '%s\n' "$DEBIAN_SUITE" "$@" | sha256sum | cut -c1-32; }

# make_base NAME RECIPE CHANGES [MMDEBSTRAP OPTIONS]: makes the image, unless it is there; CHANGES are Dockerfile lines.
make_base() {
  local name=$1 recipe=$2 changes=$3 began=$SECONDS line
  local -a options=(--change "LABEL dev.uplift.recipe=$recipe")
  shift 3
  if has_base "$name" "$recipe"; then
    return
  fi
  while IFS= read -r line; do
    [ -z "$line" ] || options+=(--change "$line")
  done <<<"$changes"
  say "making the image $IMAGE_PREFIX/$name"
  if ! mmdebstrap --variant=minbase \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$@" "$DEBIAN_SUITE" - 2>"$UPLIFT_ROOT/target/mmdebstrap-${name%%:*}.log" |
    docker import "${options[@]}" - "$IMAGE_PREFIX/$name-partial" >/dev/null; then
    tail -n 5 "$UPLIFT_ROOT/target/mmdebstrap-${name%%:*}.log" >&2
    docker image rm "$IMAGE_PREFIX/$name-partial" >/dev/null 2>&1 || true
    fail "the image $IMAGE_PREFIX/$name could not be made, see target/mmdebstrap-${name%%:*}.log"
  fi
  docker tag "$IMAGE_PREFIX/$name-partial" "$IMAGE_PREFIX/$name"
  docker image rm "$IMAGE_PREFIX/$name-partial" >/dev/null
  say "made $IMAGE_PREFIX/$name in $((SECONDS - began)) s"
}

# Debian with a Java 25 below /opt/java/openjdk, where the images of Temurin have it too.
jre_base() {
  local recipe java
  recipe=$(recipe jre "$JRE_MODULES" "$(java_version "$JAVA_HOME/bin/java")")
  has_base jre:25 "$recipe" && return
  java=$UPLIFT_ROOT/target/jre
  rm -rf "$java"
  mkdir -p "$UPLIFT_ROOT/target"
  "$JAVA_HOME/bin/jlink" --add-modules "$JRE_MODULES" --strip-debug --no-header-files --no-man-pages \
    --generate-cds-archive --output "$java" || fail "jlink of $JAVA_HOME failed"
  make_base jre:25 "$recipe" 'ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["bash"]' \
    --customize-hook='mkdir -p "$1/opt/java/openjdk"' \
    --customize-hook="cp -r '$java/.' \"\$1/opt/java/openjdk/\""
  rm -rf "$java"
}

# Debian with PostgreSQL 15, server and client, and no database.
postgres_base() {
  make_base postgres:15 "$(recipe postgres 1)" 'ENV LANG=C.UTF-8
CMD ["bash"]' \
    --include=postgresql-15 \
    --customize-hook='rm -rf "$1/var/lib/postgresql/15" "$1/etc/postgresql/15" "$1"/etc/ssl/private/*'
}

# A 'host' for tests: systemd as PID 1, sshd without keys, Java 17, a user for the application; and, not started, a registry.
host_base() {
  make_base host:1 "$(recipe host 1)" 'ENV container=docker
CMD ["/sbin/init"]' \
    --include=systemd,systemd-sysv,dbus,openssh-server,openjdk-17-jre-headless,procps,nftables,docker-registry \
    --essential-hook='mkdir -p "$1/usr/share/man/man1"' \
    --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*' \
    --customize-hook='chroot "$1" useradd --uid 2000 --user-group --create-home --shell /bin/sh metabase' \
    --customize-hook='chroot "$1" systemctl disable docker-registry.service nftables.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer' \
    --customize-hook='chroot "$1" systemctl set-default multi-user.target'
}

# base_images: those that run Uplift. test_images: those, and what the tests need beyond.
base_images() {
  with_images_locked jre_base postgres_base
}
test_images() {
  with_images_locked jre_base postgres_base host_base
}

# Makes images side by side: it is mostly a wait for packages. Two runs at the same time make each image once.
with_images_locked() {
  local each status=0
  local -a made=()
  need mmdebstrap mmdebstrap "base images are made with it"
  mkdir -p "$UPLIFT_ROOT/target"
  exec 5>"${TMPDIR:-/tmp}/uplift-images-$(id -u).lock"
  flock 5
  for each in "$@"; do
    "$each" 5>&- &
    made+=($!)
  done
  for each in "${made[@]}"; do
    wait "$each" || status=1
  done
  exec 5>&-
  [ "$status" = 0 ] || exit 1
}

# Docker Compose, whichever there is: the plugin or Debian's docker-compose.
compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose "$@"
  else
    docker-compose "$@"
  fi
}
