# One of the four services. The base images are named by arguments; both have a shell, and Java lies in
# /opt/java/openjdk, as in Temurin's images. BASE is java, or postgres for the service that needs pg_dump.
ARG JRE_IMAGE=eclipse-temurin:25-jre
ARG POSTGRES_IMAGE=postgres:15-bookworm
ARG BASE=java

FROM ${JRE_IMAGE} AS java

FROM ${POSTGRES_IMAGE} AS postgres
COPY --from=java /opt/java/openjdk /opt/java/openjdk
ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

FROM ${BASE}
ARG MODULE
LABEL org.opencontainers.image.vendor=Uplift
RUN echo 'uplift:x:10001:' >>/etc/group && \
    echo 'uplift:x:10001:10001::/var/lib/uplift:/usr/sbin/nologin' >>/etc/passwd && \
    mkdir -p /var/lib/uplift && chown 10001:10001 /var/lib/uplift && chmod 0700 /var/lib/uplift
ENV UPLIFT_HOME=/var/lib/uplift LANG=C.UTF-8
COPY images/service.sh images/healthy.sh /opt/uplift/
COPY ${MODULE}/target/quarkus-app/ /opt/uplift/
USER 10001:10001
WORKDIR /var/lib/uplift
VOLUME /var/lib/uplift
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/uplift/healthy.sh"]
ENTRYPOINT ["/opt/uplift/service.sh"]
