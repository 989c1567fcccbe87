#!/bin/sh
# Starts the service. As root it first becomes the user uplift, in the group of the Docker socket: that group's number
# differs from machine to machine.
if [ "$(id -u)" = 0 ]; then
  if [ -S /var/run/docker.sock ]; then
    exec setpriv --reuid 10001 --regid 10001 --groups "$(stat -c %g /var/run/docker.sock)" -- "$0"
  fi
  exec setpriv --reuid 10001 --regid 10001 --clear-groups -- "$0"
fi
# shellcheck disable=SC2086
exec java ${JAVA_OPTS:--Xms64m -Xmx256m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError \
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -jar /opt/uplift/service.jar
