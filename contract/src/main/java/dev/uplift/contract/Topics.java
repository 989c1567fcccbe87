/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.util.regex.Pattern;

/**
 * Topic names. A message's key is the id of the installation it is about, so that one installation's
 * messages stay in order; where it is about something else, that is said there.
 */
public final class Topics {
    /** In: what operators, CI and release feeds ask for. */
    public static final String TRIGGERS = "uplift.triggers";

    /** Out, compacted: the latest {@link InstallationStatus} of each installation; no value once it is forgotten. */
    public static final String STATUS_INSTALLATIONS = "uplift.status.installations";

    /** Out, compacted: the latest {@link UpgradeStatus} of each upgrade; no value once it is forgotten. Its key is the upgrade's id. */
    public static final String STATUS_UPGRADES = "uplift.status.upgrades";

    /** Out: every transition of every upgrade, as {@link UpgradeTransitioned}, and {@link InstallationRemoved}. */
    public static final String EVENTS = "uplift.events";

    /** The site of an installation that was registered without one. */
    public static final String DEFAULT_SITE = "default";

    private static final Pattern SITE = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,62})");

    private Topics() {}

    /**
     * Commands for one service at one site.
     *
     * @throws IllegalArgumentException if {@code site} is not 1 to 63 of {@code a-z 0-9 -}
     */
    public static String commands(ServiceName service, String site) {
        return "uplift.commands." + service.wireName() + "." + requireSite(site);
    }

    /** What one service's workers, at any site, report. */
    public static String results(ServiceName service) {
        return "uplift.results." + service.wireName();
    }

    /** Where messages of {@code topic} go that cannot be understood. */
    public static String deadLetters(String topic) {
        return topic + ".dlq";
    }

    /** Returns {@code site} if it may be part of a topic name. */
    public static String requireSite(String site) {
        if (!SITE.matcher(site).matches()) {
            throw new IllegalArgumentException("a site is 1 to 63 characters of a-z, 0-9 and '-', not '-' first");
        }
        return site;
    }
}
