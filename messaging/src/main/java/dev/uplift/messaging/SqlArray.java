package dev.uplift.messaging;

import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.argument.Argument;
import org.jspecify.annotations.Nullable;

/** PostgreSQL arrays as statement arguments, so that a batch costs one statement. */
public final class SqlArray {
    private SqlArray() {}

    public static Argument uuids(Collection<UUID> values) {
        return array("uuid", values.toArray());
    }

    public static Argument texts(Collection<? extends @Nullable String> values) {
        return array("text", values.toArray());
    }

    public static Argument longs(Collection<Long> values) {
        return array("bigint", values.toArray());
    }

    public static Argument booleans(Collection<Boolean> values) {
        return array("boolean", values.toArray());
    }

    static Argument bytes(List<byte @Nullable []> values) {
        return array("bytea", values.toArray(byte[][]::new));
    }

    private static Argument array(String type, Object[] values) {
        return (position, statement, context) ->
                statement.setArray(position, statement.getConnection().createArrayOf(type, values));
    }
}
