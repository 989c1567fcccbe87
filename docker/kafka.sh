#!/bin/sh
# Formats the storage the first time, then runs the node. KAFKA_ADVERTISED is where clients reach it.
set -eu
sed "s/@ADVERTISED@/$KAFKA_ADVERTISED/" /opt/kafka/kafka.properties >/tmp/kafka.properties
if [ ! -e /var/lib/kafka/data/meta.properties ]; then
  java -cp '/opt/kafka/lib/*' -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties kafka.tools.StorageTool \
    format --standalone --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22)" \
    --config /tmp/kafka.properties
fi
# shellcheck disable=SC2086
exec java ${JAVA_OPTS:--Xmx512m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --sun-misc-unsafe-memory-access=allow \
  -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/lib/*' kafka.Kafka /tmp/kafka.properties
