#!/bin/sh
# Formats the storage the first time, grants the rights of Kafka's users, and runs the node. KAFKA_ADVERTISED is where
# clients reach it; the users' passwords are in KAFKA_<USER>_PASSWORD.
set -eu
umask 077
access() {
  java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties \
    -cp '/opt/kafka/lib/*' dev.uplift.standalone.KafkaAccess "$@"
}

rm -f /tmp/prepared
sed "s/@ADVERTISED@/$KAFKA_ADVERTISED/" /opt/kafka/kafka.properties >/tmp/kafka.properties
access settings >>/tmp/kafka.properties
if [ ! -e /var/lib/kafka/data/meta.properties ]; then
  java -cp '/opt/kafka/lib/*' -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties kafka.tools.StorageTool \
    format --standalone --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22)" \
    --config /tmp/kafka.properties
fi
(until access grant 127.0.0.1:9093 default; do sleep 1; done; touch /tmp/prepared) &
# shellcheck disable=SC2086
exec java ${JAVA_OPTS:--Xmx512m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --sun-misc-unsafe-memory-access=allow \
  -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/lib/*' kafka.Kafka /tmp/kafka.properties
