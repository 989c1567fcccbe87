/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Launch;
import dev.uplift.messaging.OneLine;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a discovery saw in one place. */
sealed interface Candidate {
    /**
     * Something that can be registered.
     *
     * @param answer what is told of it
     * @param installation what a registration would make of it
     * @param launch how it is started
     */
    record Usable(Discovery.Usable answer, InstallationSpec installation, Launch launch) implements Candidate {
        /** The same on the database that {@code other} names so. */
        Usable onDatabaseOf(Usable other) {
            return new Usable(
                    new Discovery.Usable(
                            answer.node(),
                            answer.pid(),
                            answer.profile(),
                            answer.running(),
                            answer.database(),
                            other.answer.databaseIdentity()),
                    installation,
                    launch);
        }

        /** The same that cannot be registered after all. */
        Candidate refused(String reason) {
            return unusable(answer.node().kind(), place(), answer.pid(), List.of(answer.profile()), reason);
        }

        /** The unit, the container or the directory. */
        String place() {
            return switch (answer.node()) {
                case NodeSpec.JarProcess process -> process.directory();
                case NodeSpec.Systemd unit -> unit.unit();
                case NodeSpec.Docker container -> container.container();
            };
        }
    }

    /** Something that a profile recognises and that cannot be registered, or that could not be looked into. */
    record Unusable(Discovery.Unusable answer) implements Candidate {}

    /**
     * Something that runs a JAR which no profile recognises.
     *
     * @param what it is, for people
     */
    record Unrecognised(String what) implements Candidate {}

    /** What an inspection saw; with {@code pid}, if the node's place does not tell which process it is. */
    static Candidate of(InspectionOutcome.Running seen, @Nullable Long pid) {
        InstallationSpec installation = seen.answer().installation();
        return new Usable(
                new Discovery.Usable(
                        installation.nodes().getFirst(),
                        pid,
                        installation.profile(),
                        seen.answer().running(),
                        installation.database().address(),
                        installation.databaseIdentity()),
                installation,
                seen.launch());
    }

    /** What cannot be registered; of several profiles that recognise it none is named. */
    static Candidate unusable(
            NodeKind kind, @Nullable String place, @Nullable Long pid, List<String> recognising, String reason) {
        return new Unusable(new Discovery.Unusable(
                kind,
                place == null ? null : OneLine.of(place),
                pid,
                recognising.size() == 1 ? recognising.getFirst() : null,
                OneLine.of(reason)));
    }
}
