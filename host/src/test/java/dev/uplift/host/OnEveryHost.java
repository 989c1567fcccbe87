/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import dev.uplift.host.testing.TestSshd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests of what every {@link Host} promises. Each is this machine in truth, so that the test can look at it itself. */
@ParameterizedClass
@EnumSource(OnEveryHost.Kind.class)
abstract class OnEveryHost {
    static final UUID INSTALLATION = UUID.randomUUID();
    static final Duration LONG = Duration.ofSeconds(30);

    /** A name, an argument and a value of every character that may be in one, and what shells do things with. */
    static final String AWKWARD = "-n $(id) `id` \\ \\\\ ' '' \" * ? [a] ~ ; & | < > ( ) { } ! # % \n\t\r"
            + IntStream.concat(IntStream.rangeClosed(1, 46), IntStream.rangeClosed(48, 0x17F))
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            + "\u20AC \uD83D\uDE80 ' end";

    enum Kind {
        LOCAL,
        SSH
    }

    @Parameter
    Kind kind = Kind.LOCAL;

    @TempDir
    Path temporary;

    Path directory;
    Host host;
    final Hosts hosts = new Hosts();

    @BeforeEach
    void prepare() throws Exception {
        directory = temporary.toRealPath();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        host = switch (kind) {
            case LOCAL -> hosts.local();
            case SSH -> hosts.ssh(TestSshd.shared().target());
        };
    }

    @AfterEach
    void disconnect() {
        hosts.close();
    }

    Fence.Held held() throws Exception {
        return host.fence(directory).hold(token(1));
    }

    static FenceToken token(long epoch) {
        return new FenceToken(INSTALLATION, epoch, 0, 1, 1);
    }
}
