/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** A data source that can be cut off. */
final class Plug {
    private final AtomicBoolean pulled = new AtomicBoolean();
    private final DataSource dataSource;

    Plug(DataSource real) {
        this.dataSource = (DataSource) Proxy.newProxyInstance(
                Plug.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (pulled.get()) {
                        throw new SQLTransientConnectionException("the database is out of reach");
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    DataSource dataSource() {
        return dataSource;
    }

    void pull() {
        pulled.set(true);
    }

    void putBack() {
        pulled.set(false);
    }
}
