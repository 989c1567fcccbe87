/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which release this JAR is, read from its {@code version.properties}. */
record Release(String tag, String date, String hash) {
    private static final Pattern TAG = Pattern.compile("v[01]\\.(\\d+)(\\.\\d+)*(-\\w+)?");

    Release {
        if (!TAG.matcher(tag).matches()) {
            throw new IllegalArgumentException("not a version tag: " + tag);
        }
    }

    static Release ofThisJar() {
        Properties properties = new Properties();
        try (InputStream in = Release.class.getResourceAsStream("/version.properties")) {
            if (in == null) {
                throw new IllegalStateException("this JAR has no version.properties");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Release(
                properties.getProperty("tag", ""),
                properties.getProperty("date", ""),
                properties.getProperty("hash", ""));
    }

    int major() {
        Matcher matcher = TAG.matcher(tag);
        if (!matcher.matches()) {
            throw new IllegalStateException("not a version tag: " + tag);
        }
        return Integer.parseInt(matcher.group(1));
    }
}
