package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.StringJoiner;
import org.pgsteward.camel.lint.Placeholders;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.AllSettings;
import org.pgsteward.config.Section;
import org.pgsteward.config.Setting;

/** A writer of the reference's tables of all settings, from the settings themselves and the shipped route files. */
final class SettingsTables {
    private final Placeholders routes;

    SettingsTables() throws IOException {
        routes = Placeholders.of(RouteFiles.read(Path.of("routes")));
    }

    /** Returns the text between the markers of the reference. */
    String text() {
        StringJoiner text = new StringJoiner("\n");
        AllSettings.SECTIONS.forEach(section -> add(text, section));
        return text.add("").add("").toString();
    }

    private void add(StringJoiner text, Section section) {
        text.add("").add("### " + section.heading()).add("");
        if (!section.introduction().isEmpty()) {
            text.add(section.introduction()).add("");
        }
        text.add("| variable | default | form | what it is |").add("|---|---|---|---|");
        section.settings().forEach(setting -> text.add(row(setting)));
    }

    private String row(Setting<?> setting) {
        String usual = usual(setting).map(value -> "`" + value + "`").orElse(setting.otherwise());
        return "| `" + setting.variable() + "` | " + usual + " | " + form(setting) + " | " + description(setting)
                + " |";
    }

    /** Returns the default without any file of an operator. */
    private Optional<String> usual(Setting<?> setting) {
        return setting.is(Setting.Trait.IN_ROUTES)
                ? routes.usual(setting.name()).filter(value -> !value.isEmpty())
                : setting.usual();
    }

    /** Returns the form of a value. Only the route file knows the form of a text that the program does not read. */
    private String form(Setting<?> setting) {
        return setting.is(Setting.Trait.IN_ROUTES) && setting.words().equals("text")
                ? routes.form(setting.name())
                : setting.words();
    }

    private static String description(Setting<?> setting) {
        String begin =
                setting.is(Setting.Trait.SWITCH) ? "On if set. " : setting.is(Setting.Trait.NEEDED) ? "Needed. " : "";
        return begin + setting.description() + (setting.is(Setting.Trait.SECRET) ? " Secret." : "");
    }
}
