package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;

/**
 * The command with which restic reaches a repository by SFTP. It asks no question and accepts no unknown host key.
 *
 * <p>restic 0.14 has only the option {@code sftp.command}, which replaces the user, the host and the port of the address. So
 * they are repeated here. restic splits the command at blanks and starts it without a shell.
 */
final class ResticSsh {
    private static final String WORD = "[A-Za-z0-9._][A-Za-z0-9._-]*";

    private static final String HOST = "(?:(?<user>" + WORD + ")@)?(?<host>" + WORD + "|\\[[0-9A-Fa-f:.]+\\])";

    private static final Pattern ADDRESS =
            Pattern.compile("sftp:(?://" + HOST + "(?::(?<port>[0-9]{1,5}))?/.*)", Pattern.DOTALL);

    private static final Pattern SHORT = Pattern.compile("sftp:" + HOST + ":.*", Pattern.DOTALL);

    /** Without characters that restic's or ssh's own reading of options changes. */
    private static final Pattern FILE = Pattern.compile("/[A-Za-z0-9._/@+=:,-]+");

    private static final Set<PosixFilePermission> OF_OTHERS = PosixFilePermissions.fromString("---rwxrwx");

    private static final int LARGEST_KEY = 1 << 16;

    private ResticSsh() {}

    /**
     * Returns the options of restic; none for a repository that is not reached by SFTP.
     *
     * @param log for the errors of ssh: restic may end before it has printed them
     * @throws IOException if the address or a file cannot be used
     */
    static List<String> options(ResticSettings settings, Path log) throws IOException {
        if (!isUsed(settings)) {
            return List.of();
        }
        List<String> command = new ArrayList<>(List.of(
                "ssh",
                "-o BatchMode=yes",
                "-o StrictHostKeyChecking=yes",
                "-o ConnectTimeout=30",
                "-o ServerAliveInterval=30",
                "-o ServerAliveCountMax=4",
                "-E " + file("the state folder", log.resolveSibling("")) + "/" + log.getFileName()));
        Optional<Path> knownHosts = settings.ssh().knownHosts();
        if (knownHosts.isPresent()) {
            command.add("-o GlobalKnownHostsFile=none -o UserKnownHostsFile="
                    + file(settings.setting("known.hosts"), knownHosts.get()));
        }
        Optional<Path> key = settings.ssh().key();
        if (key.isPresent()) {
            Path checked = Path.of(file(settings.setting("keyfile"), key.get()));
            Path folder = Path.of(file("the state folder", log.resolveSibling("")));
            command.add("-o IdentitiesOnly=yes -i " + ownersOnly(checked, folder));
        }
        command.addAll(end(settings));
        return List.of("-o", "sftp.command=" + String.join(" ", command));
    }

    /** Returns whether the repository is reached by SFTP. */
    static boolean isUsed(ResticSettings settings) {
        return settings.repository().startsWith("sftp:");
    }

    private static List<String> end(ResticSettings settings) throws IOException {
        Matcher address = ADDRESS.matcher(settings.repository());
        boolean isLong = address.matches();
        if (!isLong) {
            address = SHORT.matcher(settings.repository());
            if (!address.matches()) {
                throw new IOException(settings.setting("repository")
                        + " is not an address such as sftp://user@host:22/path or sftp:user@host:path");
            }
        }
        List<String> end = new ArrayList<>();
        if (isLong && address.group("port") != null) {
            end.add("-p " + address.group("port"));
        }
        if (address.group("user") != null) {
            end.add("-l " + address.group("user"));
        }
        end.add(address.group("host").replaceAll("[\\[\\]]", ""));
        end.add("-s sftp");
        return end;
    }

    /**
     * Returns a key that only its owner can read. ssh refuses others if they belong to its own user. In a container,
     * the user of a file on the host often has the same number.
     */
    private static Path ownersOnly(Path key, Path folder) throws IOException {
        if (Collections.disjoint(Files.getPosixFilePermissions(key), OF_OTHERS)) {
            return key;
        }
        Path copy = folder.resolve("ssh_key");
        AtomicFile.writeUnsynced(copy, BoundedFile.bytes(key, LARGEST_KEY), AtomicFile.PRIVATE);
        return copy;
    }

    private static String file(String setting, Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(setting + ": cannot read " + file);
        }
        if (!FILE.matcher(file.toString()).matches()) {
            throw new IOException(setting + ": the path " + file
                    + " is not absolute, or has other characters than letters, digits and . _ / @ + = : , -");
        }
        return file.toString();
    }
}
