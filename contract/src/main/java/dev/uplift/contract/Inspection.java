/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Finding out, on its host, how an application is run, so that nobody has to type what is known there. It is asked
 * twice: what is there, which changes nothing; and once that was accepted, to take it.
 */
public sealed interface Inspection {
    /** The wire type of {@link Requested}. It is a command to the swap-service, but not a step. */
    String REQUESTED_TYPE = "swap.inspect";

    UUID installationId();

    /**
     * Look at what runs and, if it was accepted, write down on its host what is needed to start it again. It is named by
     * its pid or directory, by its unit, or by its container.
     *
     * @param installationId the id it will have
     * @param profile absent: the one profile that recognises it
     * @param pid of the application; absent: found by {@code directory}
     * @param directory the application's working directory; absent: found by {@code pid}
     * @param host absent: the workers' own
     * @param unit of systemd; absent: it is none
     * @param container its name; absent: it is none
     * @param extractH2 whether an H2 database inside of the container may be moved to a volume; absent: no
     * @param joins the installation that it is to be another node of; absent: it is a new one
     * @param accepted what was decided of what was found; absent: nothing yet
     * @param assumeDatabase whether it may be taken on trust that it works on the database that its settings name, where
     *     that cannot be seen; absent: no
     */
    record Requested(
            UUID installationId,
            String name,
            @Nullable String profile,
            String site,
            @Nullable Long pid,
            @Nullable String directory,
            @Nullable HostSpec host,
            @Nullable String unit,
            @Nullable String container,
            @Nullable Boolean extractH2,
            @Nullable Joining joins,
            @Nullable Accepted accepted,
            @Nullable Boolean assumeDatabase)
            implements Inspection {
        public Requested {
            Checks.present(installationId, "installationId");
            Checks.text(name, "name");
            Topics.requireSite(Checks.text(site, "site"));
            Checks.optionalText(profile, "profile");
            Checks.optionalText(directory, "directory");
            boolean process = pid != null || directory != null;
            if ((process ? 1 : 0) + (unit == null ? 0 : 1) + (container == null ? 0 : 1) != 1) {
                throw new IllegalArgumentException("one of pid or directory, unit, container is needed");
            }
            if (unit != null) {
                Checks.unit(unit, "unit");
            }
            if (container != null) {
                Checks.container(container, "container");
            } else if (host instanceof HostSpec.DockerTls) {
                throw new IllegalArgumentException("host is a Docker Engine: a container is needed");
            }
            if (Boolean.TRUE.equals(extractH2) && container == null) {
                throw new IllegalArgumentException("extractH2 is for a container only");
            }
            if (joins != null && !joins.installation().id().equals(installationId)) {
                throw new IllegalArgumentException("joins is another installation");
            }
            if (accepted != null && !accepted.installation().id().equals(installationId)) {
                throw new IllegalArgumentException("accepted is another installation");
            }
        }

        /** The same after this was decided. */
        public Requested with(Accepted decided) {
            return new Requested(
                    installationId,
                    name,
                    profile,
                    site,
                    pid,
                    directory,
                    host,
                    unit,
                    container,
                    extractH2,
                    joins,
                    decided,
                    assumeDatabase);
        }

        /** One of which nothing is decided, and whose database has to be seen. */
        public Requested(
                UUID installationId,
                String name,
                @Nullable String profile,
                String site,
                @Nullable Long pid,
                @Nullable String directory,
                @Nullable HostSpec host,
                @Nullable String unit,
                @Nullable String container,
                @Nullable Boolean extractH2,
                @Nullable Joining joins) {
            this(
                    installationId,
                    name,
                    profile,
                    site,
                    pid,
                    directory,
                    host,
                    unit,
                    container,
                    extractH2,
                    joins,
                    null,
                    null);
        }

        /** One that joins no other. */
        public Requested(
                UUID installationId,
                String name,
                @Nullable String profile,
                String site,
                @Nullable Long pid,
                @Nullable String directory,
                @Nullable HostSpec host,
                @Nullable String unit,
                @Nullable String container,
                @Nullable Boolean extractH2) {
            this(installationId, name, profile, site, pid, directory, host, unit, container, extractH2, null);
        }

        /** A process on the workers' own host. */
        public Requested(
                UUID installationId,
                String name,
                @Nullable String profile,
                String site,
                @Nullable Long pid,
                @Nullable String directory) {
            this(installationId, name, profile, site, pid, directory, null, null, null, null);
        }
    }

    /**
     * What a node joins.
     *
     * @param running what runs on the other nodes, as far as is known
     */
    record Joining(InstallationSpec installation, Release running) {
        public Joining {
            Checks.present(installation, "joins.installation");
            Checks.present(running, "joins.running");
        }
    }

    /**
     * What was found may be taken, if it is still so.
     *
     * @param installation as it was found
     * @param fenceOf the installation that the fence beside the application may be taken from; absent: from none
     * @param others those whose databases say that they are this one's, and have to be shown to be others
     */
    record Accepted(
            InstallationSpec installation,
            @Nullable UUID fenceOf,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<InstallationSpec> others) {
        public Accepted {
            Checks.present(installation, "accepted.installation");
            others = Checks.list(Objects.requireNonNullElse(others, List.of()), "accepted.others");
        }
    }

    /**
     * It can be upgraded. A node that joined is the last one of {@code installation}.
     *
     * @param database which one it is; absent: it does not say
     * @param fenceOf the other installation whose fence is beside it; absent: none's
     * @param taken whether it was taken, because it was accepted; absent: no
     */
    record Found(
            UUID installationId,
            InstallationSpec installation,
            Release running,
            List<Check> checks,
            @Nullable DatabaseSeen database,
            @Nullable UUID fenceOf,
            @Nullable Boolean taken)
            implements Inspection {
        public Found {
            Checks.present(installationId, "installationId");
            Checks.present(installation, "installation");
            Checks.present(running, "running");
            checks = Checks.list(checks, "checks");
        }

        /** One whose database does not say which it is, and that was not taken. */
        public Found(UUID installationId, InstallationSpec installation, Release running, List<Check> checks) {
            this(installationId, installation, running, checks, null, null, null);
        }
    }

    /** The question has arrived and is not answered yet: it waits for its turn, or is being looked into. */
    record Underway(UUID installationId) implements Inspection {
        public Underway {
            Checks.present(installationId, "installationId");
        }
    }

    /** It cannot be registered, and nothing was written. */
    record Refused(UUID installationId, ErrorCode code, String detail) implements Inspection {
        public Refused {
            Checks.present(installationId, "installationId");
            Checks.present(code, "code");
            Checks.text(detail, "detail");
        }
    }
}
