package org.pgsteward.provision;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.pgsteward.model.Secret;

/** The only place from which a {@code pgsteward.password-file} label may read. */
public final class SecretsFolder {
    private static final long LONGEST_BYTES = 1024;

    private final Path folder;
    private final Path administratorsFile;

    /** @param administratorsFile the file that holds the administrator's own password, which no service may claim */
    public SecretsFolder(Path folder, Path administratorsFile) {
        this.folder = folder;
        this.administratorsFile = administratorsFile.toAbsolutePath().normalize();
    }

    /** @throws RefusedClaim when it is not a plain, readable file in the folder itself, or the administrator's */
    Secret read(String name) {
        Path file = folder.resolve(plain(name)).toAbsolutePath().normalize();
        if (file.equals(administratorsFile)) {
            throw new RefusedClaim("password-file '" + name + "' is the administrator's: give the service its own");
        }
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LONGEST_BYTES) {
                throw new RefusedClaim("password-file '" + name + "' is not a plain file of at most " + LONGEST_BYTES
                        + " bytes in " + folder + ": put the service's password there");
            }
            String text = Files.readString(file, StandardCharsets.UTF_8).replaceFirst("\\R$", "");
            if (text.isEmpty()) {
                throw new RefusedClaim("password-file '" + name + "' in " + folder + " is empty");
            }
            return new Secret(text);
        } catch (IOException e) {
            throw new RefusedClaim("password-file '" + name + "' in " + folder + " cannot be read: " + e.getMessage());
        }
    }

    private String plain(String name) {
        String last =
                name.startsWith(folder + "/") ? name.substring(folder.toString().length() + 1) : name;
        if (last.isEmpty() || last.startsWith(".") || last.chars().anyMatch(c -> c == '/' || c == '\\' || c < ' ')) {
            throw new RefusedClaim("password-file '" + name.replaceAll("\\p{Cntrl}", "?")
                    + "' is not the name of a file in " + folder);
        }
        return last;
    }
}
