package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * Which database it is, by its own word and not by its address.
 *
 * @param id the same for whoever asks the same database, by whatever name; a physical copy of it says the same
 * @param apart those of the installations in question whose databases were shown to be others, although they may say the
 *     same; absent: none
 */
public record DatabaseSeen(
        String id,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<UUID> apart) {
    public DatabaseSeen {
        Checks.text(id, "database.id");
        apart = Checks.list(Objects.requireNonNullElse(apart, List.of()), "database.apart");
    }

    /** Shown apart from none. */
    public DatabaseSeen(String id) {
        this(id, List.of());
    }
}
