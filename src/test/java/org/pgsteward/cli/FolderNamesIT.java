package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.postgres.NeedsPostgres;

/** Databases with the names of pgsteward's own folders in the store. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class FolderNamesIT {
    private static final List<String> NAMES = List.of("_base", "_globals", "_sets");

    private TestHost host;

    @BeforeAll
    void makeDatabases() throws Exception {
        host = TestHost.start();
        for (String name : NAMES) {
            host.cluster().run("homelab", "CREATE DATABASE " + name + " TEMPLATE template0");
            host.cluster().run(name, "CREATE TABLE public.t AS SELECT '" + name + "'::text AS name");
        }
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @Test
    void databasesNamedLikeOwnFoldersAreStoredApart() throws Exception {
        CommandRun backup = CommandRun.on(host, "backup", "--all");
        assertThat(backup.code()).as(backup.toString()).isZero();
        CommandRun base = CommandRun.on(host, "backup", "--kind", "base");
        assertThat(base.code()).as(base.toString()).isZero();

        for (String name : NAMES) {
            try (Stream<Path> files = Files.list(host.store().resolve(name))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .isNotEmpty()
                        .noneMatch(file -> file.contains(".dump."));
            }
            CommandRun restored = CommandRun.on(host, "restore", name, "--into", "back" + name);
            assertThat(restored.code()).as(restored.toString()).isZero();
            assertThat(host.rows("back" + name, "SELECT name FROM public.t")).containsExactly(name);
        }
        CommandRun again = CommandRun.on(host, "backup", "_base");
        assertThat(again.code()).as(again.toString()).isZero();
        assertThat(again.out()).contains("_base~");
        CommandRun verified = CommandRun.on(host, "verify", "_base");
        assertThat(verified.code()).as(verified.toString()).isZero();
        assertThat(verified.out()).contains(" base ").doesNotContain("_base~");
    }
}
