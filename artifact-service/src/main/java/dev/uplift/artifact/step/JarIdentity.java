package dev.uplift.artifact.step;

import dev.uplift.artifact.transfer.TransferFailedException;
import dev.uplift.contract.ErrorCode;
import dev.uplift.profile.JarEntries;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Reads what a JAR says it is. It is neither unpacked nor run; an entry is read up to a bound, whatever its header says. */
final class JarIdentity {
    private static final int ENTRY_BYTES_MAX = 1_000_000;

    private JarIdentity() {}

    /** Throws ARTIFACT_WRONG if {@code jar} is no JAR, and IOException if the disk fails. */
    static VersionReading read(Path jar, Profile profile) throws TransferFailedException, IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return profile.jarIdentity(entries(zip));
        } catch (ZipException e) {
            throw TransferFailedException.refused(
                    ErrorCode.ARTIFACT_WRONG, "the artifact is not a JAR: " + e.getMessage());
        } catch (UnreadableEntryException e) {
            throw TransferFailedException.refused(ErrorCode.ARTIFACT_WRONG, String.valueOf(e.getMessage()));
        }
    }

    private static JarEntries entries(ZipFile zip) {
        return name -> {
            ZipEntry entry = zip.getEntry(name);
            if (entry == null || entry.isDirectory()) {
                return Optional.empty();
            }
            try (InputStream content = zip.getInputStream(entry)) {
                byte[] bytes = content.readNBytes(ENTRY_BYTES_MAX + 1);
                if (bytes.length > ENTRY_BYTES_MAX) {
                    throw new UnreadableEntryException(
                            "the artifact's " + name + " has more than " + ENTRY_BYTES_MAX + " bytes");
                }
                return Optional.of(new ByteArrayInputStream(bytes));
            }
        };
    }

    private static final class UnreadableEntryException extends IOException {
        private static final long serialVersionUID = 1L;

        UnreadableEntryException(String message) {
            super(message);
        }
    }
}
