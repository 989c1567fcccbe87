/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A lock on a file as {@code flock(2)} takes it, which is also how {@code flock(1)} takes it in a shell: the locks of
 * {@link java.nio.channels.FileChannel} are of another kind, and neither kind sees the other. It keeps out other
 * threads of this process too. A process that dies gives it free.
 */
final class Flock implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(10);
    private static final int READ_ONLY_CLOSED_ON_EXEC = 0_2000000;
    private static final int EXCLUSIVE_WITHOUT_WAITING = 2 | 4;
    private static final int HELD_BY_ANOTHER = 11;
    private static final int CLOSED = -1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle OPEN = function(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FLOCK =
            function("flock", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
            function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final AtomicInteger descriptor;

    private Flock(int descriptor) {
        this.descriptor = new AtomicInteger(descriptor);
    }

    /** Locks a file, which exists; empty if somebody else had it locked for the whole wait. */
    static Optional<Flock> acquire(Path file, Duration waitMax) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Flock lock = new Flock(open(file));
        boolean taken = false;
        try {
            taken = lock.tryNow(file);
            while (!taken && System.nanoTime() - begun < waitMax.toNanos()) {
                // The call either returns at once or waits for ever: it has no time-out to wait in.
                Thread.sleep(POLL);
                taken = lock.tryNow(file);
            }
            return taken ? Optional.of(lock) : Optional.empty();
        } finally {
            if (!taken) {
                lock.close();
            }
        }
    }

    /** Gives it free; does nothing the second time. */
    @Override
    public void close() {
        int open = descriptor.getAndSet(CLOSED);
        if (open != CLOSED) {
            try (Arena arena = Arena.ofConfined()) {
                call(arena, CLOSE, open);
            }
        }
    }

    private static int open(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Answer answer = call(arena, OPEN, arena.allocateFrom(file.toString()), READ_ONLY_CLOSED_ON_EXEC);
            if (answer.value() < 0) {
                throw new FileSystemException(file.toString(), null, "cannot be opened, error " + answer.errno());
            }
            return answer.value();
        }
    }

    private boolean tryNow(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Answer answer = call(arena, FLOCK, descriptor.get(), EXCLUSIVE_WITHOUT_WAITING);
            if (answer.value() < 0 && answer.errno() != HELD_BY_ANOTHER) {
                throw new FileSystemException(file.toString(), null, "cannot be locked, error " + answer.errno());
            }
            return answer.value() == 0;
        }
    }

    /** What the kernel said; {@code errno} means something only if {@code value} is negative. */
    private record Answer(int value, int errno) {}

    private static Answer call(Arena arena, MethodHandle function, Object... arguments) {
        MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
        Object[] all = new Object[arguments.length + 1];
        all[0] = state;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        try {
            int value = (int) function.invokeWithArguments(all);
            return new Answer(value, (int) ERRNO.get(state, 0L));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a function of the C library threw", e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        all[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(options, 0, all, 1, options.length);
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
    }
}
