package dev.uplift.host.docker;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;

/**
 * Needs a Docker Engine at its usual socket, a static busybox to make images of, and a registry's program. They run,
 * and fail where one is missing, unless {@code UPLIFT_WITHOUT_CONTAINERS} is set; {@code scripts/test} sets it, and
 * says so, where there is no engine.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("docker")
@DisabledIfEnvironmentVariable(named = "UPLIFT_WITHOUT_CONTAINERS", matches = ".+", disabledReason = "no Docker Engine")
@interface RequiresDocker {}
