/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Entry point of {@code metabase.jar}. */
public final class Dashboard {
    private Dashboard() {}

    /** Without arguments it serves until SIGTERM; otherwise it runs one command and exits. */
    public static void main(String[] arguments) throws IOException {
        System.setProperty("liquibase.analytics.enabled", "false");
        System.setProperty("liquibase.ui.service", "LOGGER");
        System.setProperty("liquibase.showSummary", "OFF");
        System.setProperty("sun.net.httpserver.nodelay", "true");
        Log.adoptLibraries();
        Settings settings = Settings.of(System.getenv(), System.getProperties());
        Release release = Release.ofThisJar();
        Ledger ledger = new Ledger(settings.text("STANDIN_LEDGER").map(Path::of), release.tag());
        Faults faults = Faults.read(settings, release, ledger);
        Log.info("standin.faults", "faults that are on: " + faults);
        List<String> words = Arrays.asList(arguments);
        String command = words.isEmpty() ? "" : words.get(0).replaceFirst("^:", "");
        switch (command) {
            case "" -> new Server(settings, release, faults, ledger).run();
            case "version" -> System.out.println("Metabase version " + release.tag() + " (" + release.hash() + ")");
            case "migrate" ->
                System.exit(new MigrateCommand(settings, release, faults, ledger)
                        .run(words.stream().skip(1).findFirst()));
            default -> {
                System.out.println("Unrecognized command: '" + command + "'. Valid commands: migrate, version.");
                System.exit(1);
            }
        }
    }
}
