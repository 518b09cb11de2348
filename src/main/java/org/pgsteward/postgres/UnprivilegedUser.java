package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The user that runs PostgreSQL's programs: pgsteward's own user, or, if that is root, {@code postgres} or
 * {@code nobody}. The server refuses to run as root, and no program that reads a dump needs root.
 */
public final class UnprivilegedUser {
    private static final List<String> CANDIDATES = List.of("postgres", "nobody");

    private final Optional<String> name;
    private final boolean inContainers;
    private @Nullable UserPrincipal owner;

    private UnprivilegedUser(Optional<String> name, boolean inContainers) {
        this.name = name;
        this.inContainers = inContainers;
    }

    /**
     * Finds the user for this process.
     *
     * @throws IOException if this process runs as root and the machine has neither user
     */
    public static UnprivilegedUser ofThisProcess() throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return new UnprivilegedUser(Optional.empty(), false);
        }
        for (String candidate : CANDIDATES) {
            if (principal(candidate).isPresent()) {
                return new UnprivilegedUser(Optional.of(candidate), false);
            }
        }
        throw new IOException(
                "cannot run PostgreSQL's programs as root, and there is no user 'postgres' or 'nobody': create one of"
                        + " them, or start pgsteward as an ordinary user");
    }

    /** Returns the user of this process, also if it is root: for programs that read pgsteward's own files. */
    public static UnprivilegedUser unchanged() {
        return new UnprivilegedUser(Optional.empty(), false);
    }

    /** Returns this user for programs that switch to its {@link #ids} by themselves, in a container. */
    public UnprivilegedUser insideContainers() {
        return new UnprivilegedUser(name, true);
    }

    /** Returns the numbers of user and group, such as {@code 1000:1000}. */
    public String ids() throws IOException {
        Path probe = Files.createTempFile("pgsteward-", ".ids");
        try {
            if (name.isPresent()) {
                Files.getFileAttributeView(probe, PosixFileAttributeView.class)
                        .setOwner(principal(name.get()).orElseThrow());
            }
            return Files.getAttribute(probe, "unix:uid") + ":" + Files.getAttribute(probe, "unix:gid");
        } finally {
            Files.delete(probe);
        }
    }

    /** Returns the command line that runs a command as this user. */
    public List<String> command(List<String> command) {
        if (name.isEmpty() || inContainers) {
            return command;
        }
        List<String> dropped = new ArrayList<>(
                List.of("setpriv", "--reuid=" + name.get(), "--regid=" + name.get(), "--clear-groups", "--"));
        if ("nobody".equals(name.get())) {
            // The group of nobody is nogroup on Debian and nobody elsewhere.
            dropped.set(2, "--regid=" + (Files.exists(Path.of("/etc/debian_version")) ? "nogroup" : "nobody"));
        }
        dropped.addAll(command);
        return dropped;
    }

    /** Creates {@code directory} with mode 0700, and makes this user its owner. */
    public Path own(Path directory) throws IOException {
        Files.createDirectories(directory);
        if (name.isPresent()) {
            Files.getFileAttributeView(directory, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setOwner(owner());
        }
        Files.setPosixFilePermissions(directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        return directory;
    }

    /** Makes this user the owner of a file that pgsteward created, with mode 0600. */
    public void give(Path file) throws IOException {
        if (name.isPresent()) {
            Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setOwner(owner());
        }
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    }

    /**
     * Creates {@code directory}, in which folders of this user will lie. If pgsteward runs as root, this user owns it.
     */
    public void enterable(Path directory) throws IOException {
        if (name.isPresent() && !Files.isDirectory(directory)) {
            own(directory);
        }
        Files.createDirectories(directory);
    }

    /** Returns whether this user may enter every folder above {@code path}. */
    public boolean mayEnter(Path path) throws IOException, InterruptedException {
        if (name.isEmpty()) {
            return true;
        }
        // pgsteward will create the missing part of the path. The existing folders above it must let the other user
        // through.
        Path root = path.toAbsolutePath().getRoot();
        Path entered = root;
        for (Path part : root.relativize(path.toAbsolutePath())) {
            Path next = entered.resolve(part);
            if (!Files.isDirectory(next)) {
                break;
            }
            entered = next;
        }
        ProcessBuilder test = new ProcessBuilder(command(List.of("test", "-x", entered.toString())));
        test.environment().clear();
        test.environment().put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        return test.start().waitFor() == 0;
    }

    /** Looks the user up once, since a base backup has thousands of files. */
    private synchronized UserPrincipal owner() throws IOException {
        UserPrincipal known = owner;
        if (known == null) {
            known = principal(name.orElseThrow()).orElseThrow();
            owner = known;
        }
        return known;
    }

    private static Optional<UserPrincipal> principal(String user) throws IOException {
        UserPrincipalLookupService users = Path.of("/").getFileSystem().getUserPrincipalLookupService();
        try {
            return Optional.of(users.lookupPrincipalByName(user));
        } catch (UserPrincipalNotFoundException e) {
            return Optional.empty();
        }
    }
}
