package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.function.Function;

/**
 * The part of this host that the programs of copies use.
 *
 * @param folder for their configuration and cache; created with the first target
 * @param settings the value of a setting by its name
 */
public record CopyPrograms(Path folder, Function<String, Optional<String>> settings) {
    /** Returns the private folder of a target, and creates it if it is missing. */
    Path folderOf(String target) throws IOException {
        // The state folder must let the user of scratch clusters pass through, if it is missing and made here.
        create(folder.toAbsolutePath().resolveSibling(""), "rwx--x--x");
        return create(folder.resolve(target), "rwx------");
    }

    private static Path create(Path folder, String mode) throws IOException {
        return Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
    }

    /**
     * Returns the value of a setting.
     *
     * @throws IOException if it has none, with its name
     */
    public String required(String setting) throws IOException {
        return settings.apply(setting)
                .orElseThrow(
                        () -> new IOException("the setting " + setting + " has no value; set it, or name its file by "
                                + setting.toUpperCase(java.util.Locale.ROOT).replace('.', '_') + "_FILE"));
    }
}
