/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Somebody wants installations upgraded: a trigger on {@link Topics#TRIGGERS}, or the body of {@code POST /api/v1/upgrades}
 * and {@code POST /api/v1/plans}.
 *
 * @param requestId the same for every copy of this request: a copy changes nothing. Absent: the
 *     trigger's CloudEvent id, or a new one
 * @param profile which application; absent: any
 * @param installations names or ids; {@code *} alone: all of {@code profile}
 * @param version the target, such as {@code v0.50.1}
 * @param edition absent: the edition that runs
 * @param url where to fetch the JAR, an address that needs no password or token: it is stored and shown; absent: the
 *     profile's location
 * @param sha256 of the JAR, pinned by the operator
 * @param images the digests of images, 64 hexadecimal digits, by repository, pinned by the operator; absent: none.
 *     Who pins anything pins all that an installation runs
 * @param limits absent: {@link StepLimits#DEFAULT}
 */
public record UpgradeRequested(
        @Nullable UUID requestId,
        @Nullable String profile,
        List<String> installations,
        String version,
        @Nullable String edition,
        @Nullable URI url,
        @Nullable String sha256,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> images,
        @Nullable StepLimits limits) {
    private static final int INSTALLATIONS_MAX = 10_000;

    public UpgradeRequested {
        installations = Checks.list(installations, "installations");
        if (installations.isEmpty() || installations.size() > INSTALLATIONS_MAX) {
            throw new IllegalArgumentException("installations has " + installations.size() + " entries, 1 to "
                    + INSTALLATIONS_MAX + " are taken; '*' alone means all");
        }
        installations.forEach(name -> Checks.text(name, "installations"));
        Checks.text(version, "version");
        Checks.optionalText(profile, "profile");
        Checks.optionalText(edition, "edition");
        if (sha256 != null) {
            sha256 = Checks.sha256(sha256, "sha256");
        }
        images = Checks.images(Objects.requireNonNullElse(images, Map.of()), "images");
        if (url != null) {
            if (!url.isAbsolute()) {
                throw new IllegalArgumentException("url is not absolute");
            }
            Checks.withoutSecret(url, "url");
        }
    }

    /** One that pins no image. */
    public UpgradeRequested(
            @Nullable UUID requestId,
            @Nullable String profile,
            List<String> installations,
            String version,
            @Nullable String edition,
            @Nullable URI url,
            @Nullable String sha256,
            @Nullable StepLimits limits) {
        this(requestId, profile, installations, version, edition, url, sha256, Map.of(), limits);
    }
}
