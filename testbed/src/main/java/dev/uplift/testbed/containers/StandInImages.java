/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** Images of stand-in releases, kept in the engine and made again when the stand-in has changed. */
public final class StandInImages {
    private static final String REPOSITORY = "uplift-standin";
    private static final List<String> RECIPE = List.of("Dockerfile", "run_metabase.sh");

    private StandInImages() {}

    /**
     * The image of that release, as {@code standin.jar} of this build makes it. It behaves like Metabase's image: port
     * 3000, H2 below {@code /metabase.db}, {@code /plugins}, {@code MUID} and {@code MGID} (2000), {@code
     * MB_DB_PASS_FILE} and its like, one argument.
     */
    public static String image(Docker docker, String tag) {
        try {
            Path context = Files.createTempDirectory("uplift-image");
            try {
                return image(docker, context, StandInReleases.stamp(context, tag));
            } finally {
                SystemdHosts.delete(context);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String image(Docker docker, Path context, StandInRelease release) throws IOException {
        Files.move(release.jar(), context.resolve("metabase.jar"));
        StringBuilder recipe = new StringBuilder(release.sha256())
                .append(docker.run("image", "inspect", "--format", "{{.Id}}", DockerContainers.JRE_IMAGE));
        for (String name : RECIPE) {
            Path file = context.resolve(name);
            try (InputStream in = Objects.requireNonNull(StandInImages.class.getResourceAsStream("/image/" + name));
                    OutputStream out = Files.newOutputStream(file)) {
                in.transferTo(out);
            }
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            recipe.append(StandInReleases.sha256(file));
        }
        Files.setPosixFilePermissions(context.resolve("metabase.jar"), PosixFilePermissions.fromString("rw-r--r--"));
        String hash = HexFormat.of().toHexDigits(recipe.toString().hashCode());
        String image = REPOSITORY + ":" + release.tag() + "-" + hash;
        if (!docker.attempt(List.of("image", "inspect", image), "").ok()) {
            docker.run("build", "--quiet", "--label", "dev.uplift.recipe=" + hash, "--tag", image, context.toString());
        }
        return image;
    }
}
