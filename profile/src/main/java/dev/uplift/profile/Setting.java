/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A setting of the application and where it is looked for.
 *
 * @param sources the first that has a value that is not empty wins
 * @param fallback what the application takes if none has; absent: nothing
 */
public record Setting(List<SettingSource> sources, @Nullable String fallback) {
    static final Setting NONE = new Setting(List.of(), null);

    public Setting {
        sources = List.copyOf(sources);
    }

    /** The value, or the default. Throws {@link SettingException} if a file that is named cannot be read. */
    public Optional<String> value(LaunchView view) {
        return given(view).or(() -> Optional.ofNullable(fallback));
    }

    /** The value without the default. Throws {@link SettingException} if a file that is named cannot be read. */
    public Optional<String> given(LaunchView view) {
        for (SettingSource source : sources) {
            Optional<String> value = view.value(source).filter(text -> !text.isEmpty());
            if (value.isPresent()) {
                return value;
            }
        }
        return Optional.empty();
    }

    /** The names that an operator knows the setting by, for messages. */
    String names() {
        return sources.isEmpty()
                ? "(no source)"
                : String.join(", ", sources.stream().map(Setting::name).toList());
    }

    private static String name(SettingSource source) {
        return switch (source) {
            case SettingSource.Environment(String name) -> name;
            case SettingSource.EnvironmentFile(String name) -> name;
            case SettingSource.Property(String name) -> "-D" + name;
            case SettingSource.Argument(String name) -> "--" + name;
            case SettingSource.Spring(String name) -> name;
        };
    }
}
