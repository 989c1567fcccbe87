/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is needed to start an application again exactly as it was started. It holds secrets: it is
 * kept on the application's host, and does not print itself.
 *
 * @param argv the whole command line, {@code argv[0]} included
 * @param environment the whole environment
 * @param uid the user it runs as
 * @param groups supplementary group ids
 * @param user name of {@code uid}; the number where it has none
 * @param directory absolute working directory
 * @param javaExecutable canonical path of the program that ran
 * @param logFile absolute path; its output is appended there
 * @param secrets what other services need to know, by a name of ours, such as {@code database-password}
 * @param inherited absent: nobody has looked
 * @param errorFile absolute path; its errors are appended there; absent: they are part of its output
 */
public record Launch(
        List<String> argv,
        Map<String, String> environment,
        long uid,
        long gid,
        List<Long> groups,
        String user,
        String directory,
        String javaExecutable,
        String logFile,
        Map<String, String> secrets,
        @Nullable Inherited inherited,
        @Nullable String errorFile) {
    public Launch {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        groups = List.copyOf(groups);
        secrets = Map.copyOf(secrets);
    }

    Inherited inheritedOrUsual() {
        return inherited == null ? Inherited.UNKNOWN : inherited;
    }

    /** The same, started in this way besides. */
    public Launch as(HowStarted how) {
        return new Launch(
                argv,
                environment,
                uid,
                gid,
                groups,
                user,
                directory,
                javaExecutable,
                logFile,
                secrets,
                how.inherited(),
                how.errorFile().map(Path::toString).orElse(null));
    }

    /** The same that inherits something else. */
    public Launch withInherited(@Nullable Inherited changed) {
        return new Launch(
                argv,
                environment,
                uid,
                gid,
                groups,
                user,
                directory,
                javaExecutable,
                logFile,
                secrets,
                changed,
                errorFile);
    }

    /** The same with another command line. */
    public Launch withArgv(List<String> changed) {
        return new Launch(
                changed,
                environment,
                uid,
                gid,
                groups,
                user,
                directory,
                javaExecutable,
                logFile,
                secrets,
                inherited,
                errorFile);
    }

    /** The same with another environment. */
    public Launch withEnvironment(Map<String, String> changed) {
        return new Launch(
                argv,
                changed,
                uid,
                gid,
                groups,
                user,
                directory,
                javaExecutable,
                logFile,
                secrets,
                inherited,
                errorFile);
    }

    /** The same with other secrets. */
    public Launch withSecrets(Map<String, String> changed) {
        return new Launch(
                argv,
                environment,
                uid,
                gid,
                groups,
                user,
                directory,
                javaExecutable,
                logFile,
                changed,
                inherited,
                errorFile);
    }

    /** Only what is no secret: neither command line nor environment. */
    @Override
    public String toString() {
        return "Launch[directory=" + directory + ", user=" + user + "]";
    }
}
