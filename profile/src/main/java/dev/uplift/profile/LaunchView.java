/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How a process of the application was started: all that a profile needs to find its settings.
 *
 * @param argv the whole command line, the executable first
 * @param environment of the process
 * @param workingDirectory absolute
 * @param files the text of a file that a setting names; empty if it cannot be read
 */
public record LaunchView(
        List<String> argv,
        Map<String, String> environment,
        Path workingDirectory,
        Function<Path, Optional<String>> files) {

    public LaunchView {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        if (!workingDirectory.isAbsolute()) {
            throw new IllegalArgumentException("the working directory must be absolute: " + workingDirectory);
        }
    }

    /** A view that can read no file: a setting that is kept in one makes the reading fail. */
    public LaunchView(List<String> argv, Map<String, String> environment, Path workingDirectory) {
        this(argv, environment, workingDirectory, path -> Optional.empty());
    }

    /** The JAR behind {@code -jar}, absolute; empty if the command line has none. */
    public Optional<Path> jar() {
        return new JavaCommandLine(argv, environment)
                .jar()
                .map(workingDirectory::resolve)
                .map(Path::normalize);
    }

    /** The value that one source gives. Throws {@link SettingException} if a file that is named cannot be read. */
    Optional<String> value(SettingSource source) {
        JavaCommandLine command = new JavaCommandLine(argv, environment);
        return switch (source) {
            case SettingSource.Environment(String name) -> Optional.ofNullable(environment.get(name));
            case SettingSource.EnvironmentFile(String name) ->
                Optional.ofNullable(environment.get(name))
                        .filter(path -> !path.isEmpty())
                        .map(path -> content(name, path));
            case SettingSource.Property(String name) -> command.property(name);
            case SettingSource.Argument(String name) -> command.argument(name);
            case SettingSource.Spring(String name) -> new SpringSettings(command, environment).value(name);
        };
    }

    private String content(String variable, String path) {
        return files.apply(workingDirectory.resolve(path))
                .map(text -> text.replaceAll("\\n+$", ""))
                .orElseThrow(() -> new SettingException(variable + " names a file that cannot be read: " + path));
    }

    /** Without any value: command lines and environments hold secrets. */
    @Override
    public String toString() {
        return "LaunchView[" + argv.size() + " arguments, " + environment.size() + " variables, " + workingDirectory
                + "]";
    }
}
