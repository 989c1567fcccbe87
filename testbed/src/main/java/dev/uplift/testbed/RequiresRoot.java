/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Needs root, to become another user or to change the machine: on a laptop such tests are skipped. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(named = "user.name", matches = "root", disabledReason = "needs root")
public @interface RequiresRoot {}
