package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;
import static org.pgsteward.acceptance.Story.sinceThen;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.engine.NeedsEngine;

/** An operator who has a PostgreSQL, a service and a dump script adds pgsteward. */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OwnPostgresIT {
    @RegisterExtension
    static final Story STORY = Story.beforeTheStart("own-postgresql");

    private static final String STATE_OF_LAST =
            "SELECT state, success FROM backup_log WHERE service_name = 'vikunja' ORDER BY id DESC LIMIT 1";

    private final Deployment host = STORY.host();
    private final Pages pages = new Pages(host);

    @Test
    @Order(1)
    void aPostgresqlThatRunsAlreadyIsTakenOverAsThePageSays() throws IOException {
        new OwnPostgres(host).start();
        Files.writeString(host.folder().resolve("secrets/postgres_password"), OwnPostgres.PASSWORD);
        Instant start = Instant.now();
        pages.instead("crontab -e", ":");
        pages.instead("own-postgresql.yaml", "own-postgresql.yaml:compose.override.yaml");

        pages.type("move-from-a-cron-script");

        say("taken over as the page says in %d s", sinceThen(start) / 1000);
        assertThat(host.sql("SELECT service_name FROM service_configs")).isEqualTo("vikunja");
        assertThat(host.sql(STATE_OF_LAST)).isEqualTo("verified|t");
        String tasks = host.sql("vikunja", "SELECT count(*) FROM tasks");
        await().until(() -> !host.sql("vikunja", "SELECT count(*) FROM tasks").equals(tasks));
        Ended base = host.pgsteward("backup", "--kind", "base");
        assertThat(base.well().out()).containsPattern("_base .* verified ");
    }
}
