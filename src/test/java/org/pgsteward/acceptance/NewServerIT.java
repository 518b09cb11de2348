package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.pgsteward.acceptance.Story.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.cli.Handbook;
import org.pgsteward.engine.NeedsEngine;

/** PostgreSQL is upgraded to the newest major version that is possible here, and then the host is replaced. */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NewServerIT {
    @RegisterExtension
    static final Story STORY = Story.of("new-server", "vikunja", "hedgedoc", "linkding", "navidrome");

    /** The name of the container and the volume that a base backup is restored into. */
    private static final String RESTORED = "pgsteward-e2e-new-server-restored";

    private final Deployment host = STORY.host();
    private final Pages pages = new Pages(host);

    @AfterAll
    static void removesWhatWasRestored() {
        STORY.host().docker("rm", "--force", RESTORED);
        STORY.host().docker("volume", "rm", RESTORED);
    }

    @Test
    @Order(1)
    void postgresqlIsUpgradedAsThePageSaysAndTheServicesGoOn() throws IOException {
        int major = newest();
        pages.instead("POSTGRES_MAJOR=18", Deployment.settings(major).strip());
        host.services("stop", "--timeout", "1").well();
        String tasks = host.sql("vikunja", "SELECT count(*) FROM tasks");

        pages.type("upgrade-postgresql");

        assertThat(host.sql("SHOW server_version")).startsWith(major + ".");
        assertThat(host.sql("vikunja", "SELECT count(*) FROM tasks")).isEqualTo(tasks);
        host.services("start").well();
        await().until(() -> !host.sql("vikunja", "SELECT count(*) FROM tasks").equals(tasks));
        host.services("stop", "--timeout", "1").well();
    }

    /** Returns 18, or 17 where there are no images of 18. */
    private int newest() {
        for (int major : new int[] {18, 17}) {
            Optional<String> hindrance = host.hindrance(major);
            if (hindrance.isEmpty()) {
                return major;
            }
            System.out.println("skipped: the upgrade to PostgreSQL " + major + ", " + hindrance.get());
        }
        return abort();
    }

    @Test
    @Order(2)
    void baseBackupOf18RunsFromANewVolumeAsThePageSays() throws IOException {
        assumeTrue(host.sql("SHOW server_version").startsWith("18."));
        String tasks = host.sql("vikunja", "SELECT min(id) FROM tasks");
        String base = host.inside("pgsteward", "ls /var/lib/pgsteward/backups/_base/*.tar.zst")
                .well()
                .out();
        host.shell("docker exec " + host.name("pgsteward") + " cat " + base + " >base.tar.zst")
                .well();
        String line = Handbook.blocks(Handbook.page("restore")).stream()
                .map(Handbook.Line::text)
                .filter(text -> text.contains(Deployment.image(18)))
                .findFirst()
                .orElseThrow();
        removesWhatWasRestored(); // removes the remains of an earlier run

        host.shell(line.replaceFirst("< \\S+", "< base.tar.zst").replace(" restored:", " " + RESTORED + ":"))
                .well();

        host.shell("docker run --detach --network none --user postgres --name " + RESTORED + " --label " + host.label()
                        + " --volume " + RESTORED + ":/var/lib/postgresql " + Deployment.image(18))
                .well();
        String minimum = "psql -XqAt -U homelab -d vikunja -c 'SELECT min(id) FROM tasks'";
        await().until(() -> host.inside(RESTORED, minimum).isWell());
        assertThat(host.inside(RESTORED, minimum).out()).isEqualTo(tasks);
        removesWhatWasRestored();
    }

    @Test
    @Order(3)
    void theServerIsRebuiltFromACopyOfTheStoreAsThePageSays() throws IOException {
        Ended backup = host.pgsteward("backup", "--all");
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        String tasks = host.sql("vikunja", "SELECT count(*) FROM tasks");
        Path copy = Files.createDirectories(host.folder().resolve("copy"));
        host.shell("docker compose exec -T pgsteward tar -C /var/lib/pgsteward -c backups | tar -C " + copy + " -x")
                .well();
        host.services("down", "--timeout", "1").well();
        host.lose();
        pages.instead("/path/to", copy.toString());

        pages.type("rebuild-the-server");

        assertThat(host.sql("vikunja", "SELECT count(*) FROM tasks")).isEqualTo(tasks);
        host.servicesUp(List.of());
        await().until(() -> !host.sql("vikunja", "SELECT count(*) FROM tasks").equals(tasks));
    }
}
