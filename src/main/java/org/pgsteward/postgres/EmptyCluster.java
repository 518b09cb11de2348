package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Creator of the data folder of an empty cluster: by {@code initdb}, or, for clusters that are created often, by
 * copying a template.
 *
 * <p>The cost of an empty cluster is its files: about a thousand, in three databases. The template has no
 * {@code template1}. Its {@code template0}, to which no server ever writes, is stored beside it. A copy has a symbolic
 * link in its place, and a third as many files.
 */
final class EmptyCluster {
    private static final Pattern MAP = Pattern.compile("\\d+_(fsm|vm)");

    private static final Pattern OID = Pattern.compile("oid = \"(\\d+)\"");

    private final Programs programs;
    private final UnprivilegedUser user;

    EmptyCluster(Programs programs, UnprivilegedUser user) {
        this.programs = programs;
        this.user = user;
    }

    /**
     * Runs {@code initdb}.
     *
     * @param checksums whether pages get checksums; PostgreSQL 18 writes them in any case
     */
    void initialise(Path data, String administrator, boolean checksums) throws IOException, InterruptedException {
        List<String> init = new ArrayList<>(List.of(
                programs.path("initdb").toString(),
                "--pgdata=" + data,
                "--username=" + administrator,
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
                "--auth-local=trust",
                "--auth-host=scram-sha-256"));
        if (checksums) {
            init.add("--data-checksums");
        }
        ClientProgram.run(user, init, Map.of(), "");
    }

    /**
     * Creates the folder as a copy of the template.
     *
     * @param kept the folder of the template; the first caller creates the template
     */
    void copy(Path kept, Path data, String administrator) throws IOException, InterruptedException {
        Path template = kept.resolve("template-" + programs.major());
        if (!Files.isDirectory(cluster(template))) {
            // The template of an older pgsteward is a cluster itself.
            ThrowawayCluster.remove(template);
            make(template, administrator);
        }
        ClientProgram.run(user, List.of("cp", "-a", cluster(template) + "/.", data.toString()), Map.of(), "");
        try (Stream<Path> beside = Files.list(template0(template))) {
            for (Path database : beside.toList()) {
                Files.createSymbolicLink(data.resolve("base").resolve(database.getFileName()), database);
            }
        }
    }

    /** Creates the template, under another name until it is complete. */
    private void make(Path template, String administrator) throws IOException, InterruptedException {
        Path part = user.own(template.resolveSibling("template-" + UUID.randomUUID() + ".part"));
        initialise(cluster(part), administrator, false);
        String number = numberOfTemplate0(cluster(part));
        Path database = user.own(template0(part)).resolve(number);
        Files.move(cluster(part).resolve("base").resolve(number), database);
        removeMaps(database);
        try {
            Files.move(part, template, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            // Another process was faster, and its template is as good.
            ThrowawayCluster.remove(part);
        }
    }

    /**
     * Removes the maps of free space and of visible pages, a quarter of the files of {@code template0}. They only save
     * time in large tables, and PostgreSQL creates a missing map anew. Each database is a copy of all files.
     */
    private static void removeMaps(Path database) throws IOException {
        try (Stream<Path> files = Files.list(database)) {
            for (Path file : files.toList()) {
                if (MAP.matcher(file.getFileName().toString()).matches()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Returns the folder that holds the files of the database template0. */
    private static Path template0(Path template) {
        return template.resolve("template0");
    }

    private static Path cluster(Path template) {
        return template.resolve("cluster");
    }

    /** Drops {@code template1}, and returns the OID of {@code template0}, which is the name of its folder. */
    private String numberOfTemplate0(Path data) throws IOException, InterruptedException {
        String said = ClientProgram.run(
                user,
                List.of(programs.path("postgres").toString(), "--single", "-F", "-D", data.toString(), "postgres"),
                Map.of(),
                """
                UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'template1'
                DROP DATABASE template1
                SELECT oid FROM pg_catalog.pg_database WHERE datname = 'template0'
                """);
        Matcher oid = OID.matcher(said);
        if (!oid.find()) {
            throw new IOException("cannot find the OID of template0 in the scratch cluster: " + said.strip());
        }
        return oid.group(1);
    }
}
