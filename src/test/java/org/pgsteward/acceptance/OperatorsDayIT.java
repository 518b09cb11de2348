package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.backup.Age;
import org.pgsteward.cli.Handbook;
import org.pgsteward.engine.NeedsEngine;

/** An operator types the lines of the README and of the pages in {@code src/docs} for a running deployment. */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OperatorsDayIT {
    private static final Pattern TYPED =
            Pattern.compile("(docker compose exec pgsteward|curl|age-keygen|chmod|\\./pgsteward check) .*");

    @RegisterExtension
    static final Story STORY = Story.of("operators-day", "vikunja", "hedgedoc", "linkding", "navidrome");

    private final Deployment host = STORY.host();
    private final Alerts alerts = STORY.alerts();
    private final Pages pages = new Pages(host);

    @Test
    @Order(1)
    void aDatabaseIsRestoredAsThePageSays() throws IOException {
        Ended backup = host.pgsteward("backup", "--all");
        assertThat(backup.isWell()).as(backup.both()).isTrue();

        pages.type("restore-one-database");

        assertThat(host.sql("SELECT count(*) FROM pg_database WHERE datname = 'vikunja_back'"))
                .isEqualTo("0");
    }

    @Test
    @Order(2)
    void linesOfReadmeAndPagesAreTypedAsTheyStand() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path file : Handbook.subjects()) {
            Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> TYPED.matcher(line).matches())
                    .forEach(lines::add);
        }
        assertThat(lines).hasSizeGreaterThan(16);
        boolean age = Age.isInstalled();
        if (!age) {
            System.out.println("skipped: the lines that make a key, age is not installed");
        }
        for (String line : lines) {
            if (!age && line.contains("age_identity")) {
                continue;
            }
            Ended ended = host.shell(line.replace(":8080/", ":" + host.port() + "/"));

            if (line.contains(" rclone ") || line.contains("check --copies")) {
                assertThat(ended.code()).as("%s: %s", line, ended.both()).isEqualTo(2);
                assertThat(ended.err()).as(line).containsPattern("is switched (on|off); set PGSTEWARD_COPY_");
            } else if (line.contains(" restore ") && line.contains("2026-01-31")) {
                assertThat(ended.err()).as(line).contains("there is no backup of 'vikunja'");
            } else if (line.contains("vikunja-20260131T030000Z")) {
                assertThat(ended.code()).as("%s: %s", line, ended.both()).isEqualTo(2);
                assertThat(ended.err()).as(line).contains("vikunja-20260131T030000Z");
            } else if (line.contains("notify --test email")) {
                assertThat(ended.err()).as(line).contains("receiver 'email' is not set");
            } else if (line.contains(" doctor") || line.contains(" status")) {
                assertThat(ended.code()).as("%s: %s", line, ended.both()).isLessThan(2);
            } else {
                assertThat(ended.isWell()).as("%s: %s", line, ended.both()).isTrue();
            }
        }
        assertThat(host.sql("vikunja_back", "SELECT count(*) > 0 FROM tasks")).isEqualTo("t");
    }

    @Test
    @Order(3)
    void receiversAreTriedOutAsThePageSays() throws IOException {
        int before = alerts.notices("test").size();
        pages.type("send-alerts");
        assertThat(alerts.notices("test")).hasSize(before + 1);
        pages.takeSettingsBack();
    }

    @Test
    @Order(4)
    void passwordsAreRotatedAsThePageSays() throws IOException {
        pages.type("rotate-a-password");
        assertThat(host.pgsteward("backup", "vikunja").well().out()).contains("verified");
    }
}
