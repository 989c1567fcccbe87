/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;

/**
 * Needs a Docker Engine and what {@code scripts/test} installs and makes for it. Such tests run, and fail where
 * something is missing, unless {@code UPLIFT_WITHOUT_CONTAINERS} is set; {@code scripts/test} sets it, and says so,
 * where there is no engine.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("docker")
@DisabledIfEnvironmentVariable(
        named = "UPLIFT_WITHOUT_CONTAINERS",
        matches = ".+",
        disabledReason = "UPLIFT_WITHOUT_CONTAINERS is set")
public @interface RequiresDocker {}
