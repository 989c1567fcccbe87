/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.util.Locale;

/** Sizes as they are written wherever a person reads them. */
public final class ByteCount {
    private ByteCount() {}

    /** {@code 1.4 MB}: decimal units, one decimal. */
    public static String text(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        do {
            value /= 1000;
            unit++;
        } while (value >= 999.95 && unit < 4);
        return String.format(Locale.ROOT, "%.1f %cB", value, "kMGTP".charAt(unit));
    }
}
