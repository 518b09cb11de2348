package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.config.Settings;

@Tag("fast")
class PlaceTest {
    private final Throwable unset = catchThrowable(() -> Settings.from(Map.of()).value(PostgresConfig.PASSWORD));

    @Test
    void aCheckoutHasALineForEachKindOfInstallation(@TempDir Path home) throws Exception {
        Files.createFile(home.resolve("compose.yaml"));

        assertThat(Place.lines(unset, List.of("status", "--json"), home))
                .containsExactly(
                        "pgsteward: pgsteward.postgres.password is not set; type the line for your installation:",
                        "  compose:         docker compose exec pgsteward pgsteward status --json",
                        "  without Docker:  export PGSTEWARD_POSTGRES_HOST=127.0.0.1 PGSTEWARD_POSTGRES_PASSWORD_FILE=FILE");
    }

    @Test
    void composeStartsTheDaemonItself(@TempDir Path home) throws Exception {
        Files.createFile(home.resolve("compose.yaml"));

        assertThat(Place.lines(unset, List.of("run"), home))
                .element(1)
                .isEqualTo("  compose:         docker compose up -d");
    }

    @Test
    void aRunningDemonstrationComesFirst(@TempDir Path home) throws Exception {
        Files.createFile(home.resolve("compose.yaml"));
        Files.createDirectories(home.resolve("target/demo"));
        Files.createFile(home.resolve("target/demo/env"));

        assertThat(Place.lines(unset, List.of("backup", "my wiki"), home))
                .element(1)
                .isEqualTo("  demonstration:   . target/demo/env && ./pgsteward backup 'my wiki'");
    }

    @Test
    void outsideACheckoutAndForOtherMistakesNothingIsGuessed(@TempDir Path home) throws Exception {
        assertThat(Place.lines(unset, List.of("status"), home)).isEmpty();
        Files.createFile(home.resolve("compose.yaml"));
        assertThat(Place.lines(new IllegalArgumentException("no"), List.of("status"), home))
                .isEmpty();
    }
}
