/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.Host;
import dev.uplift.host.RunningProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A file of H2. Whoever works on it has it open; nobody else can look into it meanwhile. */
record H2AppDatabase(Host host, DatabaseSpec.H2 spec) implements AppDatabase {
    @Override
    public Optional<DatabaseSeen> id() throws IOException {
        return host.files().identity(Path.of(spec.path())).map(file -> new DatabaseSeen("h2:" + file));
    }

    @Override
    public boolean isSame(AppDatabase other) throws IOException {
        if (!(other instanceof H2AppDatabase file)) {
            return false;
        }
        Optional<DatabaseSeen> id = id();
        return id.isPresent() ? id.equals(file.id()) : file.spec.address().equals(spec.address());
    }

    @Override
    public DatabaseUse usedBy(Node node) throws IOException, InterruptedException {
        if (node.data().holds(spec)) {
            return new DatabaseUse.Proven("it has the file open");
        }
        return new DatabaseUse.Unproven("it does not have the file open"
                + users().map(users -> ", and " + users).orElse(""));
    }

    @Override
    public Optional<String> users() throws IOException {
        Path file = Path.of(spec.path());
        List<RunningProcess> holders =
                host.files().exists(file) ? host.processes().holding(file) : List.of();
        return holders.isEmpty()
                ? Optional.empty()
                : Optional.of(file + " is open in " + RunningProcess.names(holders));
    }

    @Override
    public OptionalLong migrations() {
        return OptionalLong.empty();
    }

    @Override
    public OptionalInt dataMajor() {
        return OptionalInt.empty();
    }

    @Override
    public Optional<String> migrationLock() {
        return Optional.empty();
    }
}
