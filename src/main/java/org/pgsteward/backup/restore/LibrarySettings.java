package org.pgsteward.backup.restore;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The settings that run code in each session to which they apply: they load a library or an extension, or start code of a
 * procedural language such as {@code plperl.on_plperlu_init}. Pure.
 */
final class LibrarySettings {
    private static final Pattern NAMES = Pattern.compile(
            "\\w+_preload_libraries|dynamic_library_path|extension_control_path|jit_provider"
                    + "|(?:plperlu?|pltclu?|plpython[23]?u?|pljavau?|plv8)\\..*",
            Pattern.DOTALL);

    private LibrarySettings() {}

    /** @param setting the name without its quotes; PostgreSQL ignores the case of its letters */
    static boolean loadsCode(String setting) {
        return NAMES.matcher(setting.toLowerCase(Locale.ROOT)).matches();
    }
}
