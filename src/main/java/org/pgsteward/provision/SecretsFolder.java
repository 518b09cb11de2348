package org.pgsteward.provision;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Secret;

/** The only folder from which a container's settings can make pgsteward read a file. */
public final class SecretsFolder {
    private static final int LONGEST_BYTES = 1024;
    private static final int LONGEST_NAME_BYTES = 255;

    private final Path folder;
    private final String place;
    private final List<Path> administrators;
    private final Set<String> neverNames;

    /** @param administratorsFile the file with the administrator's own password, which no service may claim */
    public SecretsFolder(Path folder, Path administratorsFile) {
        this(folder, Set.of(administratorsFile), Set.of());
    }

    /**
     * @param administrators the files with the administrator's own password and pgsteward's other secrets, which no
     *     service may claim
     * @param neverNames these secrets, which may not become a name, even if another file holds them
     */
    public SecretsFolder(Path folder, Collection<Path> administrators, Collection<String> neverNames) {
        this(folder, folder.toString(), administrators, neverNames);
    }

    /** @param place the folder's path as operators see it on the host */
    public SecretsFolder(Path folder, String place, Collection<Path> administrators, Collection<String> neverNames) {
        this.place = place;
        this.folder = folder.toAbsolutePath().normalize();
        this.administrators = administrators.stream()
                .map(file -> file.toAbsolutePath().normalize())
                .toList();
        this.neverNames = Set.copyOf(neverNames);
    }

    /**
     * Reads the file that the label {@code pgsteward.password-file} names.
     *
     * @param name the name of a file in the folder, or its whole path
     * @throws RefusedClaim if it is not a plain, readable file in the folder itself, or if it is the administrator's
     */
    Secret read(String name) {
        String inside = folder + "/";
        return read(
                name.startsWith(inside) ? name.substring(inside.length()) : name,
                "password-file '" + Names.printable(name) + "'",
                "put a plain file with the service's password into " + place + ", and name it in the label");
    }

    /**
     * Reads the file with the same name as a file that a variable names by its path in the container.
     *
     * @throws RefusedClaim on the same grounds, naming {@code variable} and {@code path}
     */
    Secret readFor(String variable, String path) {
        return read(
                last(path),
                named(variable, path),
                "put the same file into " + place + ", or set the label pgsteward.password-file");
    }

    /**
     * Reads the name of a database or a role. Every role may read the names of all others. So another service's
     * password or a secret of pgsteward must not become a name, and a text that is no legal name is not shown.
     *
     * @throws RefusedClaim also if the file is a password's by its own name, or holds no legal name
     */
    String readNameFor(String variable, String path) {
        String next = "write the name into the variable itself, or set the labels pgsteward.database, pgsteward.user"
                + " and pgsteward.password-file";
        if (last(path).toLowerCase(Locale.ROOT).contains("pass")) {
            throw new RefusedClaim(
                    "cannot read a name from " + named(variable, path) + ": it is for a password; " + next);
        }
        String name = readFor(variable, path).reveal();
        if (neverNames.contains(name)) {
            throw new RefusedClaim("cannot read a name from " + named(variable, path)
                    + ": it contains a secret of pgsteward; " + next);
        }
        if (!Names.isLegal(name)) {
            throw new RefusedClaim(
                    "cannot read a name from " + named(variable, path) + ": it contains no valid name; " + next);
        }
        return name;
    }

    private static String named(String variable, String path) {
        return "file '" + Names.printable(path) + "' of variable " + Names.printable(variable);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String unreadable(String file, String cause, String next) {
        return "cannot read " + file + ": " + cause + "; " + next;
    }

    private Secret read(String name, String what, String next) {
        try {
            Path file = folder.resolve(plain(name));
            Optional<String> objection = objection(file);
            if (objection.isPresent()) {
                String remedy = Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? "" : write(name);
                throw new RefusedClaim(unreadable(what, objection.get(), next), remedy, false);
            }
            String text = content(file).replaceFirst("\\R\\z", "");
            if (text.isEmpty()) {
                throw new RefusedClaim(unreadable(what, "it is empty", next), write(name), false);
            }
            return new Secret(text);
        } catch (InvalidPathException e) {
            throw new RefusedClaim(unreadable(what, "this is not the name of a file", next));
        } catch (CharacterCodingException e) {
            throw new RefusedClaim(unreadable(what, "it is not text in UTF-8", next));
        } catch (IOException e) {
            // The exception's own message would repeat the path.
            throw new RefusedClaim(unreadable(what, e.getClass().getSimpleName(), next));
        }
    }

    /** Returns the line that writes the file. */
    private String write(String name) {
        return "printf %s 'PASSWORD' > " + (place.endsWith("/") ? place : place + "/") + CommandPrefix.word(name)
                + "   # the container's password";
    }

    /**
     * Returns the reason to refuse the file to every service. A hard link can be the administrator's file under another
     * name.
     */
    private Optional<String> objection(Path file) throws IOException {
        for (Path administrators : this.administrators) {
            if (file.equals(administrators)
                    || (Files.exists(file) && Files.exists(administrators) && Files.isSameFile(file, administrators))) {
                return Optional.of("it is the administrator's");
            }
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of("it is not in the secrets folder");
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LONGEST_BYTES) {
            return Optional.of("it is not a plain file of at most " + LONGEST_BYTES + " bytes in the secrets folder");
        }
        return folder.toRealPath().equals(file.toRealPath().getParent())
                ? Optional.empty()
                : Optional.of("it lies outside the secrets folder");
    }

    /** Reads within the limits again, since the file may have become a link, or grown, after the check. */
    private static String content(Path file) throws IOException {
        try (InputStream bytes = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer read = ByteBuffer.wrap(bytes.readNBytes(LONGEST_BYTES));
            return StandardCharsets.UTF_8.newDecoder().decode(read).toString();
        }
    }

    /** @throws InvalidPathException if the name could be anything but the last part of a path */
    private static String plain(String name) {
        boolean path = name.startsWith(".") || name.chars().anyMatch(c -> c == '/' || c == '\\' || c < ' ');
        if (name.isEmpty() || path || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME_BYTES) {
            throw new InvalidPathException(name, "not the name of a file");
        }
        return name;
    }
}
