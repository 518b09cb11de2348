package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes the data folder of a cluster in which nothing is: by {@code initdb}, or, for one that is needed again and again, by
 * a copy of what is kept for it.
 *
 * <p>What such a cluster costs is its files, a thousand of them in three databases. The one that is kept has no
 * {@code template1}, and its {@code template0}, into which no server ever writes, lies beside it: a copy has a symbolic link
 * in its place, and a third as many files.
 */
final class EmptyCluster {
    private static final Pattern OID = Pattern.compile("oid = \"(\\d+)\"");

    private final Programs programs;
    private final UnprivilegedUser user;

    EmptyCluster(Programs programs, UnprivilegedUser user) {
        this.programs = programs;
        this.user = user;
    }

    void initialise(Path data, String administrator) throws IOException, InterruptedException {
        List<String> init = List.of(
                programs.path("initdb").toString(),
                "--pgdata=" + data,
                "--username=" + administrator,
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
                "--auth-local=trust",
                "--auth-host=scram-sha-256");
        ClientProgram.run(user, init, Map.of(), "");
    }

    /** @param kept the folder in which the one that is copied is kept, and is made by whoever needs it first */
    void copy(Path kept, Path data, String administrator) throws IOException, InterruptedException {
        Path template = kept.resolve("template-" + programs.major());
        if (!Files.isDirectory(cluster(template))) {
            // What an older pgsteward kept is a cluster itself.
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

    /** Under another name until it is whole. */
    private void make(Path template, String administrator) throws IOException, InterruptedException {
        Path part = user.own(template.resolveSibling("template-" + UUID.randomUUID() + ".part"));
        initialise(cluster(part), administrator);
        String number = numberOfTemplate0(cluster(part));
        Files.move(
                cluster(part).resolve("base").resolve(number),
                user.own(template0(part)).resolve(number));
        try {
            Files.move(part, template, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            // Somebody else was quicker, and theirs is as good.
            ThrowawayCluster.remove(part);
        }
    }

    /** The folder that holds the one database. */
    private static Path template0(Path template) {
        return template.resolve("template0");
    }

    private static Path cluster(Path template) {
        return template.resolve("cluster");
    }

    /** Drops {@code template1}, and says by which number {@code template0} goes. */
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
            throw new IOException("the scratch PostgreSQL does not say which its template0 is: " + said.strip());
        }
        return oid.group(1);
    }
}
