/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;

/** Reads settings: {@code env:NAME}, a list of such sources, or {@code sources} with a {@code default}. */
final class SettingReader {
    private SettingReader() {}

    static Setting setting(Section parent, String key) {
        if (!parent.has(key)) {
            return Setting.NONE;
        }
        if (!parent.isMapping(key)) {
            return new Setting(parent.list(key, SettingSource::parse), null);
        }
        return parent.section(key).map(SettingReader::withDefault).orElse(Setting.NONE);
    }

    static Setting withDefault(Section section) {
        List<SettingSource> sources = section.list("sources", SettingSource::parse);
        Setting setting = new Setting(sources, section.text("default").orElse(null));
        if (!section.has("sources") && setting.fallback() == null) {
            section.problem("sources or default is expected");
        }
        section.refuseUnknown();
        return setting;
    }
}
