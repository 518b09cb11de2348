package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.journal.ServiceHistory;
import org.pgsteward.model.BackupState;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.SampleHost;

@Tag("fast")
class ServicePageTest {
    private static final ServiceHistory NOTHING =
            new ServiceHistory(Optional.empty(), List.of(), Collections.nCopies(30, OptionalLong.empty()), List.of());
    private static final String HOSTILE = "<script>alert('x')</script>\"'`&{{title}}/../%2e?#;";

    private final List<String> read = new ArrayList<>();

    @Test
    void statesTheServiceInTheWordsOfItsRow() {
        String page = page("nextcloud", SampleHost.overview(), SampleHost.history());
        assertThat(page)
                .contains("<title>nextcloud: runs, warning – pgsteward</title>")
                .contains("<h1>nextcloud</h1>")
                .contains("<p class=\"warning\"><span class=\"sign\" aria-hidden=\"true\">!</span>runs, warning</p>")
                .contains(
                        "<dt>Can be restored to</dt><dd><time datetime=\"2026-11-30T03:00:00Z\">5 h 14 min ago</time>")
                .contains("<dt>Newest run</dt><dd>verified</dd>")
                .contains("<dt>Restore takes</dt><dd>24 s</dd>")
                .contains("<dt>Database</dt><dd>623 MiB</dd>")
                .contains("<dt>Sessions</dt><dd>12</dd>")
                .contains("<dt>Backup</dt><dd>97 MiB</dd>")
                .contains("89 %<span class=\"hidden\"> of memory, 228 MiB of 256 MiB</span>")
                .contains("<dt>Image</dt><dd>nextcloud:31.0.2-apache</dd>")
                .contains("memory high")
                .contains("<pre>docker stats --no-stream nextcloud&#10;docker update")
                .contains("<a href=\"../\">all services</a>")
                .contains("aria-label=\"30 days: 29 verified, of which 10 still kept; 1 failed\"");
    }

    @Test
    void showsTheSizesAsAnAccessibleChart() {
        String page = page("nextcloud", SampleHost.overview(), SampleHost.history());
        assertThat(page)
                .contains("<svg class=\"chart\" viewBox=\"0 0 298 60\" preserveAspectRatio=\"none\" role=\"img\""
                        + " aria-label=\"Backup size of 30 days: newest 97 MiB on 30 Nov; smallest 72.4 MiB on 1 Nov;"
                        + " largest 97 MiB on 30 Nov; 1 day without a backup\">")
                .contains("<title>2026-11-29: 96.7 MiB</title>");
        assertThat(page.split("<rect class=\"size")).hasSize(1 + 29);
    }

    @Test
    void listsBackupsWithTheirDurationsImageAndError() {
        String page = page("nextcloud", SampleHost.overview(), SampleHost.history());
        assertThat(page.split("class=\"kind\">dump<")).hasSize(1 + 60);
        assertThat(page)
                .contains("<time datetime=\"2026-11-30T03:00:41Z\">Mon 30 Nov 03:00</time>")
                .contains("<td role=\"cell\" class=\"state fine\">verified</td>")
                .contains("<td role=\"cell\" class=\"state soft\">verified, removed since</td>")
                .contains("<td role=\"cell\" class=\"state critical error\">failed<small>disk full (0 of 2.1 GiB free);"
                        + " next attempt at 03:30</small></td>")
                .contains("data-name=\"dump\">8 s</td>")
                .contains("data-name=\"verification\">24 s</td>")
                .contains("<td role=\"cell\" class=\"image changed\">nextcloud:31.0.2-apache</td>")
                .contains("The newest 60.");
    }

    @Test
    void everyStateOfARunHasItsWords() {
        List<ServiceHistory.Run> runs = new ArrayList<>();
        for (BackupState state : BackupState.values()) {
            runs.add(run(state, false));
            runs.add(run(state, true));
        }
        String page = page("well", everyState(), new ServiceHistory(Optional.empty(), runs, List.of(), List.of()));
        assertThat(page)
                .containsPattern("(?s)soft\">running<.*soft\">running<.*critical\">failed<.*critical\">failed<"
                        + ".*warning\">made, not verified<.*fine\">verified<.*fine\">verified<.*fine\">verified<"
                        + ".*warning\">unverifiable<.*warning\">unverifiable<"
                        + ".*soft\">made, not verified, removed since<.*soft\">verified, removed since<")
                .doesNotContain(">Image<")
                .doesNotContain("The newest");
    }

    @Test
    void listsWhatFiredAndResolved() {
        ServiceHistory history = new ServiceHistory(
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(
                        event("2026-11-30T07:33:00Z", "alert firing: warning memory-high"),
                        event("2025-11-19T03:00:00Z", "alert resolved: critical backup-failed"),
                        event("2025-11-18T03:00:00Z", "alert of another form"),
                        event("2025-11-17T03:00:00Z", "alert firing: warning backup-reproof")));
        assertThat(page("well", everyState(), history))
                .contains("<li><time datetime=\"2026-11-30T07:33:00Z\">Mon 30 Nov 07:33</time> <span"
                        + " class=\"warning\">fired</span> <span class=\"soft\">warning</span> <span>memory"
                        + " high</span></li>")
                .contains("19 Nov 2025 03:00</time> <span class=\"soft\">resolved</span>")
                .contains("<span>backup not reverified</span>")
                .doesNotContain("another form");
    }

    @Test
    void aServiceWithoutAHistorySaysSo() {
        assertThat(page("new", everyState(), NOTHING))
                .contains("<p class=\"soft\">There is no backup yet.</p>")
                .contains("No notification about this service is recorded.")
                .contains(
                        "<dd class=\"critical\"><span class=\"sign\" aria-hidden=\"true\">✕</span>no verified backup</dd>")
                .doesNotContain("<svg class=\"chart\"")
                .doesNotContain("<table");
    }

    @ParameterizedTest
    @ValueSource(strings = {"_globals", "_base", "gone", "bare", "postgresql", "quarantine"})
    void everyRowHasAPage(String name) {
        assertThat(page(name, everyState(), SampleHost.history()))
                .contains("<h1>")
                .contains("role=\"img\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "wikki", "WELL", "well/", "../well", "well\0", "'; DROP TABLE backup_log"})
    void unknownNamesHaveNoPageAndAreNoQuery(String name) {
        assertThat(servicePage(everyState(), NOTHING).of(name)).isEmpty();
        assertThat(servicePage(everyState(), NOTHING).of("x".repeat(5000))).isEmpty();
        assertThat(read).isEmpty();
    }

    @Test
    void hostileNamesAreTextAndLeadToTheirPage() {
        Overview overview = SampleHost.overview(Optional.empty(), List.of(service(HOSTILE)), List.of());
        String all = new StatusPage(() -> overview, ZoneOffset.UTC).now().html();
        String link = all.replaceFirst("(?s).*<a href=\"(services/[^\"]*)\".*", "$1");
        assertThat(link).matches("services/[\\w%.*-]+");

        String name = URI.create("http://a/" + link).getPath().substring("/services/".length());
        assertThat(name).isEqualTo(HOSTILE);
        ServiceHistory history = new ServiceHistory(
                Optional.of(HOSTILE),
                List.of(new ServiceHistory.Run(
                        Instant.EPOCH,
                        HOSTILE,
                        BackupState.FAILED,
                        false,
                        1,
                        Optional.empty(),
                        Optional.empty(),
                        HOSTILE,
                        HOSTILE + "\n\u202Esecond line" + "e".repeat(1000))),
                List.of(OptionalLong.of(1)),
                List.of(event("2026-11-30T07:33:00Z", "alert firing: warning " + HOSTILE)));
        assertThat(page(name, overview, history))
                .contains(
                        "<h1>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&#39;&#96;&amp;{{title}}/../%2e?#;</h1>")
                .doesNotContain("<script")
                .doesNotContain("\u202E")
                .doesNotContain("e".repeat(301));
        assertThat(read).containsExactly(HOSTILE);
    }

    @Test
    void namesThatBrowsersResolveHaveNoLink() {
        Overview overview = SampleHost.overview(Optional.empty(), List.of(service("."), service("..")), List.of());
        assertThat(new StatusPage(() -> overview, ZoneOffset.UTC).now().html()).doesNotContain("href=\"services/");
    }

    @Test
    void showsTheLastKnownStateDuringAnOutage() {
        Overview overview = SampleHost.overview(
                Optional.of("PostgreSQL does not answer: connection refused"),
                SampleHost.overview().services(),
                List.of());
        assertThat(page("nextcloud", overview, NOTHING))
                .contains("databases and backups are shown as of 08:11, 3 min ago.")
                .contains("The history is not available now: PostgreSQL does not answer: connection refused.")
                .contains("<dt>Can be restored to</dt>")
                .contains("<svg class=\"strip\"")
                .doesNotContain("There is no backup yet")
                .doesNotContain("<table");
        assertThat(read).as("no query during an outage").isEmpty();
    }

    @Test
    void aQueryThatTakesTooLongCostsTheHistoryOnly() {
        ServicePage page = new ServicePage(
                SampleHost::overview,
                service -> {
                    throw new SQLException("canceling statement due to statement timeout", "57014");
                },
                ZoneOffset.UTC);
        assertThat(page.of("nextcloud").orElseThrow().html())
                .contains("The history is not available now: ")
                .contains("statement timeout")
                .contains("<dt>Database</dt><dd>623 MiB</dd>");
    }

    @Test
    void oneOfTwoHundredServicesIsAsLargeAsOneOfOne() {
        List<Overview.Service> many = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            many.add(service("s" + i));
        }
        String one = page(
                "s7", SampleHost.overview(Optional.empty(), List.of(many.get(7)), List.of()), SampleHost.history());
        String ofMany = page("s7", SampleHost.overview(Optional.empty(), many, List.of()), SampleHost.history());
        assertThat(ofMany).isEqualTo(one);
        assertThat(one.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(60_000);
    }

    @Test
    void thePolicyAllowsTheStyleOfThePageAndNothingElse() throws Exception {
        StatusPage.Page page = servicePage(SampleHost.overview(), SampleHost.history())
                .of("nextcloud")
                .orElseThrow();
        String style = page.html().replaceFirst("(?s).*<style>", "").replaceFirst("(?s)</style>.*", "");
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8));
        assertThat(page.policy())
                .startsWith("default-src 'none'; style-src 'sha256-"
                        + Base64.getEncoder().encodeToString(hash) + "';")
                .doesNotContain("unsafe")
                .doesNotContain("script");
        assertThat(page.html()).doesNotContain(" style=").doesNotContainPattern(" on[a-z]*=");
    }

    private static ServiceHistory.Run run(BackupState state, boolean verified) {
        return new ServiceHistory.Run(
                SampleHost.NOW,
                "dump",
                state,
                verified,
                1,
                Optional.of(Duration.ofMillis(5)),
                Optional.empty(),
                "",
                "");
    }

    private static ServiceHistory.AlertRow event(String at, String action) {
        return new ServiceHistory.AlertRow(Instant.parse(at), action);
    }

    private static Overview everyState() {
        return SampleHost.overview(
                Optional.empty(), List.copyOf(SampleHost.everyState().values()), List.of());
    }

    private static Overview.Service service(String name) {
        return SampleHost.service(name, 1 << 20, 1, 1 << 20, 1, ServiceState.RUNS, 1, 2);
    }

    private ServicePage servicePage(Overview overview, ServiceHistory history) {
        return new ServicePage(
                () -> overview,
                service -> {
                    read.add(service);
                    return history;
                },
                ZoneOffset.UTC);
    }

    private String page(String name, Overview overview, ServiceHistory history) {
        return servicePage(overview, history).of(name).orElseThrow().html();
    }
}
