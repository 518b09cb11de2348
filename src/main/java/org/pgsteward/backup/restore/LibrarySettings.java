package org.pgsteward.backup.restore;

import java.util.Locale;
import java.util.regex.Pattern;

/** The settings of PostgreSQL that load a library, and so run code, in each session to which they apply. Pure. */
final class LibrarySettings {
    private static final Pattern NAMES = Pattern.compile("\\w+_preload_libraries|dynamic_library_path|jit_provider");

    private LibrarySettings() {}

    /** @param setting the name without its quotes; PostgreSQL ignores the case of its letters */
    static boolean loadsCode(String setting) {
        return NAMES.matcher(setting.toLowerCase(Locale.ROOT)).matches();
    }
}
