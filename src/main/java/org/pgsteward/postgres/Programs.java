package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * PostgreSQL's own programs, of one major version. An older {@code pg_dump} refuses a newer server, and a newer one
 * writes dumps that the server's own {@code pg_restore} cannot read.
 *
 * @param directory the folder of {@code pg_dump} and the other programs
 * @param major their major version
 */
public record Programs(Path directory, int major) {
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ((\\d+)\\S*)");

    /** The major versions that programs have printed. A backup asks for them twice, and each answer takes a process. */
    private static final Map<Probed, Integer> KNOWN = new ConcurrentHashMap<>();

    /** A program at a place, until an update replaces it. */
    private record Probed(Path program, FileTime modified, long bytes) {}

    /**
     * Finds the programs of a major version: in the configured folder, else in the folder that {@code pg_config}
     * prints, on the PATH, and in the folders of Debian and Alpine.
     *
     * @throws IOException with one line that lists the versions found and the package to install
     */
    public static Programs find(Optional<Path> configured, int major) throws IOException {
        Set<String> found = new LinkedHashSet<>();
        for (Path directory : configured.map(List::of).orElseGet(Programs::usualPlaces)) {
            Optional<Integer> version = versionIn(directory);
            if (version.filter(seen -> seen == major).isPresent()) {
                return new Programs(directory, major);
            }
            version.ifPresent(seen -> found.add(seen + " in " + directory));
        }
        throw new IOException("cannot find the programs of PostgreSQL " + major + " (such as pg_dump) "
                + configured
                        .map(path -> "in pgsteward.postgres.bindir = " + path)
                        .orElse("on this machine")
                + (found.isEmpty() ? "" : ", only " + String.join(", ", found))
                + ": install postgresql-" + major + ", or set pgsteward.postgres.bindir; for pgsteward's image, write"
                + " POSTGRES_MAJOR=" + major + " into .env and run docker compose up --build -d");
    }

    /** Returns the programs of the newest major version on this machine, for a throwaway cluster. */
    public static Optional<Programs> newest(Optional<Path> configured) {
        return configured.map(List::of).orElseGet(Programs::usualPlaces).stream()
                .flatMap(directory -> versionIn(directory).map(major -> new Programs(directory, major)).stream())
                .filter(programs -> Files.isExecutable(programs.path("initdb")))
                .max(java.util.Comparator.comparingInt(Programs::major));
    }

    public Path path(String program) {
        return directory.resolve(program);
    }

    /** Returns their full version, such as {@code 15.20}; empty if {@code pg_dump} does not print it. */
    public Optional<String> version() {
        return version(path("pg_dump")).map(version -> version.group(1));
    }

    private static List<Path> usualPlaces() {
        List<Path> places = new ArrayList<>();
        firstLine("pg_config", "--bindir").map(Path::of).ifPresent(places::add);
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (!folder.isEmpty()) {
                places.add(Path.of(folder));
            }
        }
        places.addAll(children(Path.of("/usr/lib/postgresql"), "*").stream()
                .map(version -> version.resolve("bin"))
                .toList());
        places.addAll(children(Path.of("/usr/libexec"), "postgresql*"));
        return places;
    }

    private static List<Path> children(Path folder, String glob) {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            List<Path> children = new ArrayList<>();
            stream.forEach(children::add);
            return children;
        } catch (IOException e) {
            return List.of();
        }
    }

    private static Optional<Integer> versionIn(Path directory) {
        Path dump = directory.resolve("pg_dump");
        if (!Files.isExecutable(dump)) {
            return Optional.empty();
        }
        // Debian's /usr/bin/pg_dump chooses a version from the local clusters; only a real pg_dump states its own
        // version.
        if (!Files.isExecutable(directory.resolve("pg_restore")) || isDebianWrapper(dump)) {
            return Optional.empty();
        }
        try {
            Probed probed = new Probed(dump, Files.getLastModifiedTime(dump), Files.size(dump));
            Optional<Integer> known = Optional.ofNullable(KNOWN.get(probed));
            if (known.isPresent()) {
                return known;
            }
            Optional<Integer> version = version(dump).map(answer -> Integer.valueOf(answer.group(2)));
            version.ifPresent(major -> KNOWN.put(probed, major));
            return version;
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Matcher> version(Path dump) {
        return firstLine(dump.toString(), "--version").map(VERSION::matcher).filter(Matcher::find);
    }

    private static boolean isDebianWrapper(Path program) {
        try {
            return program.toRealPath().endsWith("pg_wrapper");
        } catch (IOException e) {
            return true;
        }
    }

    private static Optional<String> firstLine(String... command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
            // The environment of pgsteward holds secrets, and any program of that name on the PATH could read them.
            builder.environment().clear();
            builder.environment().put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
            builder.environment().put("LC_ALL", "C.UTF-8");
            Process process = builder.start();
            process.getOutputStream().close();
            try (Stream<String> lines =
                    process.inputReader(StandardCharsets.UTF_8).lines()) {
                return lines.findFirst().filter(line -> !line.isBlank());
            }
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
