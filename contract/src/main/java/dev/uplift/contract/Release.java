package dev.uplift.contract;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * One version of an application.
 *
 * @param version as the application names it, such as {@code v0.50.1}
 * @param edition as the profile names it; absent where the application has none
 * @param sha256 64 hexadecimal digits: of the JAR or, where the nodes are containers, of the image, which is its
 *     digest in their repository; absent: nobody has pinned it
 * @param url where to fetch it; absent: the profile's location
 */
public record Release(
        String version,
        @Nullable String edition,
        @Nullable String sha256,
        @Nullable URI url) {
    public Release {
        Checks.text(version, "release.version");
        Checks.optionalText(edition, "release.edition");
        if (sha256 != null) {
            sha256 = Checks.sha256(sha256, "release.sha256");
        }
        if (url != null && !url.isAbsolute()) {
            throw new IllegalArgumentException("release.url is not absolute");
        }
    }
}
