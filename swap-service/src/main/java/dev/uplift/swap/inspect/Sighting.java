package dev.uplift.swap.inspect;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeKind;
import dev.uplift.messaging.OneLine;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a discovery saw in one place. */
sealed interface Sighting {
    /** Something that a profile recognises, or that could not be looked into. */
    record Recognised(Discovery.Candidate candidate) implements Sighting {}

    /**
     * Something that runs a JAR which no profile recognises.
     *
     * @param what it is, for people
     */
    record Unrecognised(String what) implements Sighting {}

    /** What an inspection found; with {@code pid}, if the node's place does not tell which process it is. */
    static Sighting of(Inspection.Found found, @Nullable Long pid) {
        InstallationSpec seen = found.installation();
        return new Recognised(new Discovery.Usable(
                seen.nodes().getFirst(),
                pid,
                seen.profile(),
                found.running(),
                seen.database().address(),
                seen.databaseIdentity()));
    }

    /** What cannot be registered; of several profiles that recognise it none is named. */
    static Sighting unusable(
            NodeKind kind, @Nullable String place, @Nullable Long pid, List<String> recognising, String reason) {
        return new Recognised(new Discovery.Unusable(
                kind,
                place == null ? null : OneLine.of(place),
                pid,
                recognising.size() == 1 ? recognising.getFirst() : null,
                OneLine.of(reason)));
    }
}
