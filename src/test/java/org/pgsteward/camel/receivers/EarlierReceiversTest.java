package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.Settings;

/**
 * The receivers' files of the first version, unchanged from commit 8c18a53. An operator who edited one file keeps it, so
 * each must work with the beans of this version.
 */
class EarlierReceiversTest extends ChatReceiversTest {
    private static final String FOLDER = "src/test/resources/earlier/receivers";

    EarlierReceiversTest() throws Exception {}

    @Override
    String[] files() {
        // Receivers that the first version did not have are tested with their shipped files.
        return Stream.concat(
                        Stream.of(Desk.files(FOLDER)),
                        Stream.of(Desk.ALERTS)
                                .filter(file -> !new File(FOLDER, new File(file).getName()).exists())
                                .filter(file -> file.startsWith("routes/receivers")))
                .toArray(String[]::new);
    }

    @Test
    void earlierFilesPassTheCheckBesideThePresentOnes(@TempDir Path state) throws Exception {
        SortedMap<String, String> texts =
                new TreeMap<>(RouteFiles.read(Path.of("routes")).texts());
        for (String file : files()) {
            Path name = Objects.requireNonNull(Path.of(file).getFileName());
            if (file.startsWith(FOLDER)) {
                texts.put("receivers/" + name, Files.readString(Path.of(file)));
            }
        }
        Settings settings = Settings.withoutSecrets(Map.of()).settings();

        assertThat(Wiring.to(AccessMode.CHECK, settings.with(Map.of("pgsteward.state.dir", state.toString())))
                        .routeCheck()
                        .problems(RouteFiles.of(texts)))
                .isEmpty();
    }
}
