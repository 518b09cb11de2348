package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.pgsteward.acceptance.Story.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.engine.NeedsEngine;

/** PostgreSQL is upgraded to the newest major version that is possible here, and then the host is replaced. */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NewServerIT {
    @RegisterExtension
    static final Story STORY = Story.of("new-server", "vikunja", "hedgedoc", "linkding", "navidrome");

    private final Deployment host = STORY.host();
    private final Pages pages = new Pages(host);

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
