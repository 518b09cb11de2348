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
 * Whom PostgreSQL's programs run as: ourselves, or, when we are root, {@code postgres} or {@code nobody}; the server
 * refuses root, and no program that reads a dump needs it.
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

    /** @throws IOException when we are root and the machine has neither user */
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
                "running as root, and there is no user 'postgres' or 'nobody' to run PostgreSQL's programs"
                        + " as: create one, or start pgsteward as an ordinary user");
    }

    /** The same user, for programs that take on its {@link #ids} by themselves, in a container. */
    public UnprivilegedUser insideContainers() {
        return new UnprivilegedUser(name, true);
    }

    /** User and group as numbers, such as {@code 1000:1000}. */
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

    /** The command as that user runs it. */
    public List<String> command(List<String> command) {
        if (name.isEmpty() || inContainers) {
            return command;
        }
        List<String> dropped = new ArrayList<>(
                List.of("setpriv", "--reuid=" + name.get(), "--regid=" + name.get(), "--clear-groups", "--"));
        if ("nobody".equals(name.get())) {
            // Its group is called nogroup on Debian and nobody elsewhere.
            dropped.set(2, "--regid=" + (Files.exists(Path.of("/etc/debian_version")) ? "nogroup" : "nobody"));
        }
        dropped.addAll(command);
        return dropped;
    }

    /** Makes {@code directory}, mode 0700, and hands it to that user. */
    public Path own(Path directory) throws IOException {
        Files.createDirectories(directory);
        if (name.isPresent()) {
            Files.getFileAttributeView(directory, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setOwner(owner());
        }
        Files.setPosixFilePermissions(directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        return directory;
    }

    /** Hands a file that we made to that user, mode 0600. */
    public void give(Path file) throws IOException {
        if (name.isPresent()) {
            Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setOwner(owner());
        }
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    }

    /** Makes {@code directory}, in which that user's folders will lie: as ours, or, when we are root, as its own. */
    public void enterable(Path directory) throws IOException {
        if (name.isPresent() && !Files.isDirectory(directory)) {
            own(directory);
        }
        Files.createDirectories(directory);
    }

    /** Whether that user may enter every folder above {@code path}. */
    public boolean mayEnter(Path path) throws IOException, InterruptedException {
        if (name.isEmpty()) {
            return true;
        }
        // What does not exist yet will be ours to make; what exists above it has to let the other user through.
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

    /** Looked up once: a base backup has thousands of files. */
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
