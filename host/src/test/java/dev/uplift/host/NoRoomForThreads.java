/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/** Until it is closed, whoever of the thread that opened it starts another one fails as a process at its limit of them. */
final class NoRoomForThreads implements AutoCloseable {
    static final String MESSAGE = "unable to create native thread";

    private final InheritableThreadLocal<String> limit = new InheritableThreadLocal<>() {
        @Override
        protected String childValue(String parent) {
            throw new OutOfMemoryError(parent);
        }
    };

    NoRoomForThreads() {
        limit.set(MESSAGE);
    }

    @Override
    public void close() {
        limit.remove();
    }
}
