# PostgreSQL with a database and a role for each service. The base needs the server below /usr/lib/postgresql, as
# Debian's packages and PostgreSQL's own Debian images have it, and a user postgres.
ARG POSTGRES_IMAGE=postgres:15-bookworm
FROM ${POSTGRES_IMAGE}
LABEL org.opencontainers.image.vendor=Uplift
RUN mkdir -p /var/lib/uplift-postgres && chown postgres: /var/lib/uplift-postgres && chmod 0700 /var/lib/uplift-postgres
COPY images/postgres.sh /opt/uplift/
USER postgres
WORKDIR /var/lib/uplift-postgres
VOLUME /var/lib/uplift-postgres
ENV LANG=C.UTF-8 PGHOST=/tmp PGUSER=postgres
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/uplift/postgres.sh", "ready"]
ENTRYPOINT ["/opt/uplift/postgres.sh"]
