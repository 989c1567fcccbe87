/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Lines on stdout in Metabase's form. Not java.util.logging itself, because that closes its handlers
 * when the JVM begins to stop, and a stop is what people read logs for.
 */
final class Log {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS");
    private static final PrintStream OUT = System.out;

    private Log() {}

    static void info(String source, String message) {
        print("INFO", source, message);
    }

    static void warn(String source, String message) {
        print("WARN", source, message);
    }

    static void error(String source, String message) {
        print("ERROR", source, message);
    }

    /** Sends what libraries log to the same place. */
    static void adoptLibraries() {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(new LibraryHandler());
        LIBRARY_LEVELS.forEach(logger -> logger.setLevel(Level.INFO));
        root.setLevel(Level.WARNING);
    }

    /** Held here, because java.util.logging forgets the level of a logger that nobody refers to. */
    private static final List<Logger> LIBRARY_LEVELS = List.of(Logger.getLogger("liquibase"));

    private static synchronized void print(String level, String source, String message) {
        OUT.println(LocalDateTime.now(ZoneId.systemDefault()).format(STAMP) + " " + level + " " + source + " :: "
                + message);
        OUT.flush();
    }

    private static final class LibraryHandler extends Handler {
        @Override
        public void publish(LogRecord line) {
            if (isLoggable(line)) {
                print(
                        line.getLevel().getName(),
                        line.getLoggerName() == null ? "library" : line.getLoggerName(),
                        String.valueOf(line.getMessage()));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
