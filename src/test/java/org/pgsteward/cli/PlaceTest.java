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
    void aCommandOnTheHostIsTypedInTheContainer(@TempDir Path home) throws Exception {
        Files.createFile(home.resolve("compose.yaml"));

        assertThat(Place.hint(unset, List.of("status", "--json"), home))
                .contains("did you mean: docker compose exec pgsteward pgsteward status --json");
    }

    @Test
    void aRunningDemonstrationAddsItsSettingsToTheHint(@TempDir Path home) throws Exception {
        Files.createFile(home.resolve("compose.yaml"));
        Files.createDirectories(home.resolve("target/demo"));
        Files.createFile(home.resolve("target/demo/env"));

        assertThat(Place.hint(unset, List.of("doctor"), home).orElseThrow())
                .endsWith("; for the demonstration: . target/demo/env && ./pgsteward doctor");
    }

    @Test
    void outsideACheckoutAndForOtherMistakesNothingIsGuessed(@TempDir Path home) throws Exception {
        assertThat(Place.hint(unset, List.of("status"), home)).isEmpty();
        Files.createFile(home.resolve("compose.yaml"));
        assertThat(Place.hint(new IllegalArgumentException("no"), List.of("status"), home))
                .isEmpty();
    }
}
