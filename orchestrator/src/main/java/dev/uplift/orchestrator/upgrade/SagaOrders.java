package dev.uplift.orchestrator.upgrade;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What sagas were begun for. It never changes, so that what was read once need not be read and parsed with every result;
 * what does not fit in is read again. Thread-safe.
 */
@Singleton
final class SagaOrders {
    /** Of JSON. What is made of it takes about three times as much of the heap. */
    private static final int CHARACTERS_MAX = 20_000_000;

    private record Known(SagaOrder order, int characters) {}

    private final Database database;
    private final Cache<UUID, Known> known = Caffeine.newBuilder()
            .maximumWeight(CHARACTERS_MAX)
            // The id of a dry run may come again once it is forgotten, which takes days.
            .expireAfterAccess(Duration.ofHours(1))
            .<UUID, Known>weigher((id, order) -> order.characters())
            .build();

    SagaOrders(Database database) {
        this.database = database;
    }

    /** Of those of {@code ids} that there are. */
    Map<UUID, SagaOrder> of(Collection<UUID> ids) {
        Map<UUID, SagaOrder> orders = new HashMap<>();
        known.getAllPresent(ids).forEach((id, present) -> orders.put(id, present.order()));
        List<UUID> missing = ids.stream().filter(id -> !orders.containsKey(id)).toList();
        if (!missing.isEmpty()) {
            database.session()
                    .createNativeQuery(
                            "SELECT id, CAST(ordered AS text) FROM saga WHERE id = ANY (:ids)", Object[].class)
                    .setParameter("ids", missing.toArray(UUID[]::new))
                    .getResultList()
                    .forEach(row -> {
                        String json = (String) row[1];
                        SagaOrder order = Columns.parse(json, SagaOrder.class);
                        known.put((UUID) row[0], new Known(order, json.length()));
                        orders.put((UUID) row[0], order);
                    });
        }
        return orders;
    }
}
