# One Kafka node, broker and controller, from the JARs that the standalone runs.
ARG JRE_IMAGE=eclipse-temurin:25-jre
FROM ${JRE_IMAGE}
LABEL org.opencontainers.image.vendor=Uplift
RUN echo 'kafka:x:10002:' >>/etc/group && \
    echo 'kafka:x:10002:10002::/var/lib/kafka:/usr/sbin/nologin' >>/etc/passwd && \
    mkdir -p /var/lib/kafka && chown 10002:10002 /var/lib/kafka && chmod 0700 /var/lib/kafka
COPY images/kafka.sh images/kafka.properties images/log4j2.properties /opt/kafka/
COPY standalone/target/lib/ standalone/target/standalone-*.jar /opt/kafka/lib/
USER 10002:10002
WORKDIR /var/lib/kafka
VOLUME /var/lib/kafka
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["bash", "-c", "test -e /tmp/prepared && exec 3<>/dev/tcp/127.0.0.1/9092"]
ENTRYPOINT ["/opt/kafka/kafka.sh"]
