package org.pgsteward.camel.lint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.camel.copies.CopyRoutes;
import org.pgsteward.camel.receivers.Receivers;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.monitor.ThresholdsFile;

/**
 * Content of the route files at one moment.
 *
 * @param texts by name, such as {@code receivers/slack.camel.yaml}
 * @param unreadable reason why a file could not be read, by name
 */
public record RouteFiles(SortedMap<String, String> texts, SortedMap<String, String> unreadable) {
    /** Patterns of the files with routes or levels. The folder has other files too, such as templates. */
    public static final List<String> ALL =
            List.of("*.camel.yaml", "receivers/*.camel.yaml", "copies/*.camel.yaml", ThresholdsFile.NAME);

    /** Size limit of a file. The largest shipped file has 12 kB. */
    private static final int MOST_BYTES = 1 << 20;

    public RouteFiles {
        texts = Collections.unmodifiableSortedMap(texts);
        unreadable = Collections.unmodifiableSortedMap(unreadable);
    }

    public static RouteFiles of(SortedMap<String, String> texts) {
        return new RouteFiles(texts, new TreeMap<>());
    }

    /** Reads all files; none if the folder does not exist. */
    public static RouteFiles read(Path folder) throws IOException {
        SortedMap<String, String> texts = new TreeMap<>();
        SortedMap<String, String> unreadable = new TreeMap<>();
        for (String pattern : ALL) {
            int slash = pattern.lastIndexOf('/') + 1;
            Path parent = folder.resolve(pattern.substring(0, slash));
            if (!Files.isDirectory(parent)) {
                continue;
            }
            try (DirectoryStream<Path> files = Files.newDirectoryStream(parent, pattern.substring(slash))) {
                for (Path file : files) {
                    String name = pattern.substring(0, slash) + file.getFileName();
                    // Temporary files of editors begin with a dot.
                    if (!file.getFileName().toString().startsWith(".")) {
                        read(file, name, texts, unreadable);
                    }
                }
            } catch (NoSuchFileException gone) {
                // The folder was removed during the reading. The next reading shows the result.
            }
        }
        return new RouteFiles(texts, unreadable);
    }

    private static void read(
            Path file, String name, SortedMap<String, String> texts, SortedMap<String, String> unreadable)
            throws IOException {
        try {
            if (Files.isDirectory(file)) {
                unreadable.put(name, "it is a folder, not a file");
            } else if (Files.exists(file) && !Files.isRegularFile(file)) {
                unreadable.put(name, "it is not a regular file");
            } else if (Files.size(file) > MOST_BYTES) {
                unreadable.put(name, "it is larger than 1 MiB");
            } else {
                byte[] bytes = BoundedFile.bytes(file, MOST_BYTES);
                texts.put(
                        name,
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(ByteBuffer.wrap(bytes))
                                .toString());
            }
        } catch (CharacterCodingException other) {
            unreadable.put(name, "it is not encoded in UTF-8");
        } catch (AccessDeniedException closed) {
            unreadable.put(name, "cannot read it: permission denied");
        } catch (NoSuchFileException gone) {
            // Removed between listing and reading, as when an editor renames it; or a link with a missing target.
            if (Files.isSymbolicLink(file)) {
                unreadable.put(name, "it is a symbolic link without a target");
            }
        }
    }

    /** Returns the files that match a pattern, such as {@code backup.camel.yaml} or {@code receivers/*.camel.yaml}. */
    public RouteFiles only(List<String> patterns) {
        Predicate<String> wanted = name -> patterns.stream().anyMatch(pattern -> matches(pattern, name));
        SortedMap<String, String> some = new TreeMap<>(texts);
        some.keySet().removeIf(wanted.negate());
        SortedMap<String, String> bad = new TreeMap<>(unreadable);
        bad.keySet().removeIf(wanted.negate());
        return new RouteFiles(some, bad);
    }

    /**
     * Returns the files that the receivers need: those in {@code receivers/}, those that define a receiver elsewhere,
     * and those with an endpoint or a bean that one of them names.
     */
    public RouteFiles ofReceivers() {
        RouteSet set = RouteSet.of(this);
        List<RouteSet.Entry> entries = Stream.concat(set.routes().values().stream(), set.beans().values().stream())
                .toList();
        Set<String> wanted = new TreeSet<>();
        texts.keySet().stream().filter(name -> name.startsWith("receivers/")).forEach(wanted::add);
        unreadable.keySet().stream()
                .filter(name -> name.startsWith("receivers/"))
                .forEach(wanted::add);
        set.routes().values().stream()
                .filter(route -> Receivers.name(route.name()).isPresent())
                .forEach(route -> wanted.add(route.file()));
        boolean grown = true;
        while (grown) {
            List<RouteSet.Entry> inside = entries.stream()
                    .filter(entry -> wanted.contains(entry.file()))
                    .toList();
            grown = entries.stream()
                    .filter(entry -> !wanted.contains(entry.file()))
                    .filter(entry -> inside.stream().anyMatch(user -> user.mentions(entry.address())))
                    .map(RouteSet.Entry::file)
                    .toList()
                    .stream()
                    .anyMatch(wanted::add);
        }
        return only(List.copyOf(wanted));
    }

    /** Returns the texts with routes, by name. */
    Map<String, String> routes() {
        SortedMap<String, String> routes = new TreeMap<>(texts);
        routes.remove(ThresholdsFile.NAME);
        return routes;
    }

    /** Returns the number of files with routes. */
    public int count() {
        return routes().size();
    }

    /** Returns the text of {@code thresholds.yaml}, if it exists. */
    public Optional<String> thresholds() {
        return Optional.ofNullable(texts.get(ThresholdsFile.NAME));
    }

    /** Returns the names of the receivers in the files, switched on or off. */
    public Set<String> receivers() {
        return RouteSet.of(this).routes().keySet().stream()
                .flatMap(id -> Receivers.name(id).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the names of the targets of copies in the files, switched on or off. */
    public Set<String> copyTargets() {
        return RouteSet.of(this).routes().keySet().stream()
                .flatMap(id -> CopyRoutes.name(id).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean matches(String pattern, String name) {
        int star = pattern.indexOf('*');
        if (star < 0) {
            return pattern.equals(name);
        }
        String rest = name.startsWith(pattern.substring(0, star)) ? name.substring(star) : "/";
        String ending = pattern.substring(star + 1);
        return rest.endsWith(ending) && rest.indexOf('/') < 0;
    }
}
