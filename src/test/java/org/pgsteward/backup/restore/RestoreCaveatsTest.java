package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;

@Tag("fast")
class RestoreCaveatsTest {
    private static final Set<String> ALLOWED = Set.of("hstore");

    @Test
    void aPlainDumpHasNoCaveats() {
        assertThat(RestoreCaveats.of(manifest(Map.of("hstore", "1.8"), List.of(), ""), ALLOWED, List.of()))
                .isEmpty();
    }

    @Test
    void eachCaveatHasALineOfItsOwn() {
        Manifest manifest =
                manifest(Map.of("hstore", "1.8", "dblink", "1.2", "bloom", "1.0"), List.of("fast"), "view public.v");

        assertThat(RestoreCaveats.of(manifest, ALLOWED, List.of("materialized view m is empty: ERROR: no")))
                .containsExactly(
                        "a restore refuses it: the dump needs extensions that are not allowed: bloom, dblink; if you"
                                + " trust them, add them to PGSTEWARD_EXTENSIONS_ALLOWED",
                        "a restore refuses it: cannot give database app to role boss: it contains view public.v, which"
                                + " would run with the role's powers over the cluster; RECOVERY.md in the store has the"
                                + " commands that restore it by hand",
                        "a restore puts tables and indexes of tablespace fast into the default tablespace of the database",
                        "after a restore materialized view m is empty: ERROR: no");
    }

    @Test
    void theirNumberAndTheirLengthAreLimited() {
        List<String> views = Collections.nCopies(30, "v".repeat(5000));

        assertThat(RestoreCaveats.of(manifest(Map.of(), List.of(), ""), ALLOWED, views))
                .hasSize(21)
                .endsWith("10 more")
                .allMatch(line -> line.length() <= 300);
    }

    @Test
    void theBackupAndTheRestoreReportTheSameCaveats() {
        Manifest manifest = manifest(Map.of("dblink", "1.2"), List.of(), "");

        assertThat(RestoreCaveats.of(manifest, ALLOWED, List.of()))
                .containsExactly("a restore refuses it: "
                        + RestoreCaveats.forbidden(
                                        manifest.contents().extensions().keySet(), ALLOWED)
                                .orElseThrow());
    }

    private static Manifest manifest(Map<String, String> extensions, List<String> tablespaces, String powers) {
        Instant now = Instant.parse("2026-03-01T03:00:00Z");
        return new Manifest(
                new Manifest.Identity("app-1", "0", ""),
                new Manifest.Source("app", "app", "boss", "", "dump"),
                new Manifest.Run(now, now, "15.0", "15"),
                new Manifest.File("f", "00", 1, 1, List.of(), ""),
                new Manifest.Contents(
                        extensions,
                        Map.of(),
                        new DatabaseEnvironment(
                                "UTF8",
                                "c",
                                "C",
                                "C",
                                "",
                                List.of(),
                                Map.of(),
                                "",
                                "",
                                tablespaces,
                                powers,
                                DatabaseEnvironment.UNKNOWN.losses(),
                                Map.of(),
                                0)),
                List.of());
    }
}
