package dev.uplift.contract;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finding out, on its host, how an application is run, so that nobody has to type what is known there. */
public sealed interface Inspection {
    /** The wire type of {@link Requested}. It is a command to the swap-service, but not a step. */
    String REQUESTED_TYPE = "swap.inspect";

    UUID installationId();

    /**
     * Look at what runs and write down on its host what is needed to start it again.
     *
     * @param installationId the id it will have
     * @param profile absent: the one profile that recognises it
     * @param pid of the application; absent: found by {@code directory}
     * @param directory the application's working directory; absent: found by {@code pid}
     */
    record Requested(
            UUID installationId,
            String name,
            @Nullable String profile,
            String site,
            @Nullable Long pid,
            @Nullable String directory)
            implements Inspection {
        public Requested {
            Checks.present(installationId, "installationId");
            Checks.text(name, "name");
            Topics.requireSite(Checks.text(site, "site"));
            Checks.optionalText(profile, "profile");
            Checks.optionalText(directory, "directory");
            if (pid == null && directory == null) {
                throw new IllegalArgumentException("either pid or directory is needed");
            }
        }
    }

    /** It can be upgraded. */
    record Found(UUID installationId, InstallationSpec installation, Release running, List<Check> checks)
            implements Inspection {
        public Found {
            Checks.present(installationId, "installationId");
            Checks.present(installation, "installation");
            Checks.present(running, "running");
            checks = Checks.list(checks, "checks");
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
