/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.profile.JarEntries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;

/** Uplift itself, which no discovery proposes. */
final class OwnService {
    private static final Set<String> TITLES =
            Set.of("uplift-orchestrator", "uplift-artifact", "uplift-backup", "uplift-swap");
    private static final int MANIFEST_BYTES_MAX = 65_536;

    private OwnService() {}

    /** Whether a JAR is that of one of the services; what is no JAR is none. */
    static boolean is(JarEntries entries) throws IOException {
        byte[] manifest = manifest(entries);
        try {
            String title = new Manifest(new ByteArrayInputStream(manifest))
                    .getMainAttributes()
                    .getValue(Attributes.Name.IMPLEMENTATION_TITLE);
            return title != null && TITLES.contains(title);
        } catch (IOException e) {
            return false;
        }
    }

    private static byte[] manifest(JarEntries entries) throws IOException {
        try {
            Optional<InputStream> found = entries.open(JarFile.MANIFEST_NAME);
            if (found.isEmpty()) {
                return new byte[0];
            }
            try (InputStream in = found.get()) {
                return in.readNBytes(MANIFEST_BYTES_MAX);
            }
        } catch (ZipException e) {
            return new byte[0];
        }
    }
}
