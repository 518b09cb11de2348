package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.Incident;
import org.pgsteward.alert.RecentIncidents;
import org.pgsteward.alert.Silence;
import org.pgsteward.backup.schedule.NextBackups;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupDays.Outcome;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.overview.DaemonStatus;
import org.pgsteward.overview.HostSummary;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.SampleHost;

@Tag("fast")
class StatusPageTest {
    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");
    private static final Optional<DaemonStatus> DAEMON =
            Optional.of(new DaemonStatus(NOW, NOW, false, null, "", List.of(), Map.of(), Map.of(), false));
    private static final String HOSTILE = "<script>alert('x')</script>\"'`&{{title}}";

    @Test
    void aDaemonWithoutReceiverIsNamed() {
        Overview usual = SampleHost.overview();
        assertThat(page(usual)).doesNotContain("No receiver is set");

        DaemonStatus unheard =
                new DaemonStatus(usual.at(), usual.at(), false, null, "", List.of(), Map.of(), Map.of(), true);
        assertThat(page(new Overview(
                        usual.at(),
                        Optional.empty(),
                        usual.known(),
                        usual.services(),
                        List.of(),
                        List.of(),
                        Optional.of(unheard),
                        usual.typing())))
                .contains("No receiver is set, so notifications are only in the log.");
    }

    @Test
    void statesHealthAndTheRestorePointOfEachService() {
        String page = page(overview(Optional.empty(), List.of(service("vikunja", 14), service("wiki", 20)), List.of()));
        assertThat(page)
                .contains("<title>All is well – pgsteward</title>")
                .contains("Every database can be restored, the oldest to 20 h ago (wiki).")
                .contains("<time datetime=\"2026-02-02T14:05:06Z\">14 h ago</time> <small>Mon 2 Feb 14:05</small>")
                .contains(">41 s<")
                .contains("110 MiB")
                .contains("82 %<span class=\"hidden\"> of memory, 210 MiB of 256 MiB</span>")
                .contains("aria-label=\"30 days: 2 verified, of which 1 still kept; 1 not verified; 1 failed\"")
                .contains("<title>failed: 2 Feb; made, not verified: 1 Feb</title>")
                .doesNotContain("class=\"note");
    }

    @Test
    void statesEachProblemWithItsTimeAndRemedy() {
        Alert alert = alert(Severity.WARNING, "memory-high", "vikunja", "82% of 256 MiB", "docker stats vikunja\nls");
        String page = page(overview(Optional.empty(), List.of(service("vikunja", 1)), List.of(alert)));
        assertThat(page)
                .contains("<title>1 problem – pgsteward</title>")
                .contains("<h1 class=\"warning\">")
                .contains("since 03:24, for 41 min")
                .contains("82% of 256 MiB")
                .contains("<details open><summary>Commands to paste</summary><pre>docker stats vikunja&#10;ls</pre>")
                .contains("<td role=\"cell\" class=\"state warning\">");
    }

    @Test
    void informationIsNoProblem() {
        Alert alert = alert(Severity.INFO, "image-newer", "postgresql", "15.11 is here", "docker compose up -d");
        assertThat(page(overview(Optional.empty(), List.of(service("wiki", 1)), List.of(alert))))
                .contains("All is well")
                .contains("<h2>For information</h2>")
                .contains("15.11 is here");
    }

    @Test
    void showsTheLastKnownStateDuringAnOutage() {
        String page = page(overview(Optional.of("it is refused"), List.of(service("wiki", 20)), List.of()));
        assertThat(page)
                .contains("<title>1 problem – pgsteward</title>")
                .contains("it is refused")
                .contains("databases and backups are shown as of 04:02, 3 min ago.")
                .contains("Every database can be restored to 20 h ago (wiki).");
    }

    @Test
    void aPostgresqlThatIsAwayIsOneProblemAndSaidOnce() {
        Alert reported =
                alert(Severity.CRITICAL, "postgres-down", "postgresql", "no answer for 41 min", "docker start");
        assertThat(page(overview(Optional.of("it is refused"), List.of(), List.of(reported))))
                .contains("<title>1 problem – pgsteward</title>")
                .contains("<h1 class=\"critical\">")
                .contains("no answer for 41 min")
                .doesNotContain("it is refused");
    }

    @Test
    void saysWhichServicesHaveNoVerifiedBackup() {
        Overview.Service fresh = new Overview.Service(
                "fresh",
                Optional.of(new DatabaseMetrics.Figure("fresh", 8_000_000, 0)),
                Optional.empty(),
                List.of(),
                Optional.of(ServiceState.RUNS),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThat(page(overview(Optional.empty(), List.of(fresh, service("wiki", 2)), List.of())))
                .contains("<title>All is well, except: fresh has no backup yet – pgsteward</title>")
                .contains("<h1 class=\"warning\">")
                .contains("1 of 2 databases can be restored to 2 h ago (wiki); without a verified backup: fresh.")
                .contains("no verified backup</span>");
        assertThat(page(overview(Optional.empty(), List.of(fresh), List.of())))
                .contains("No database can be restored; without a verified backup: fresh.");
        assertThat(page(overview(Optional.empty(), List.of(), List.of()))).contains("No database is known yet.");
    }

    @Test
    void aRowAgreesWithTheHeadline() {
        Overview.Service vikunja = service("vikunja", 1);
        Overview.Service killed = new Overview.Service(
                "vikunja",
                vikunja.database(),
                vikunja.backups(),
                vikunja.days(),
                Optional.of(new ServiceState(
                        "killed", false, Optional.of(Severity.WARNING), "container app-vikunja-1 was killed")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThat(page(overview(Optional.empty(), List.of(killed), List.of())))
                .contains("<title>1 problem – pgsteward</title>")
                .contains("<p>container app-vikunja-1 was killed</p>")
                .containsPattern("state warning.*✕</span>killed</span>")
                .doesNotContain("All is well");
        Overview.Service quarantined = new Overview.Service(
                "vikunja",
                vikunja.database(),
                vikunja.backups(),
                vikunja.days(),
                vikunja.state(),
                Optional.empty(),
                Optional.of(NOW.minusSeconds(20)),
                Optional.empty());
        assertThat(page(overview(Optional.empty(), List.of(quarantined), List.of())))
                .contains("<title>All is well, except: vikunja is in quarantine – pgsteward</title>")
                .contains("quarantined</span>")
                .contains("<pre>pgsteward remove --undo vikunja")
                .doesNotContain("runs</span>");
    }

    @Test
    void theSentenceNamesServicesThatARestoreWouldNotBringBackInFull() {
        Alert caveat = alert(Severity.WARNING, "restore-caveat", "wiki", "a view cannot be filled", "");
        assertThat(overview(Optional.empty(), List.of(service("wiki", 2), service("shop", 3)), List.of(caveat))
                        .standing())
                .isEqualTo(
                        "Every database can be restored, the oldest to 3 h ago (shop); incomplete, see the alert: wiki.");
    }

    @Test
    void theSentenceNamesTenOfManyServicesWithoutABackup() {
        List<Overview.Service> services = new ArrayList<>();
        for (int i = 10; i < 210; i++) {
            services.add(new Overview.Service(
                    "s" + i,
                    service("", 1).database(),
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()));
        }
        assertThat(overview(Optional.empty(), services, List.of()).standing())
                .isEqualTo(
                        "No database can be restored; without a verified backup: s10, s11, s12, s13, s14, s15, s16, s17,"
                                + " s18, s19 and 190 more.");
    }

    @Test
    void removedDatabaseIsShownAndNeedsNoRestore() {
        Overview.Service old = service("old", 999);
        Overview.Service gone = new Overview.Service(
                "old",
                Optional.empty(),
                old.backups(),
                old.days(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThat(page(overview(Optional.empty(), List.of(gone, service("wiki", 2)), List.of())))
                .contains("Every database can be restored to 2 h ago (wiki).")
                .contains("gone</span>");
    }

    @Test
    void showsDatabasesThatRestoresLeftWithTheirSizeAndAge() {
        KeptDatabase restored = new KeptDatabase("wiki_back", "wiki", false, NOW.minus(Duration.ofDays(3)), 8_912_896);
        Overview all = new Overview(
                NOW,
                Optional.empty(),
                Optional.of(NOW),
                List.of(service("wiki", 2)),
                List.of(),
                List.of(),
                DAEMON,
                CommandPrefix.PLAIN,
                List.of(restored),
                SampleHost.hostSummary());

        assertThat(page(all)).contains("Left by restores and not backed up: wiki_back (8.5 MiB, restored 3 days ago).");
    }

    @Test
    void drawsTheDaysAndSharesEqualDrawings() {
        List<Overview.Service> services = List.of(service("wiki", 2), service("shop", 3));
        String page = page(overview(Optional.empty(), services, List.of()));
        assertThat(page)
                .contains(
                        "<symbol id=\"d0\" viewBox=\"0 0 298 24\" preserveAspectRatio=\"none\"><path class=\"kept\" d=\"M290 12h10\"/>"
                                + "<path class=\"removed\" d=\"M260 18h10\"/><path class=\"nothing\" d=\"M0 22.5h260\"/>"
                                + "<path class=\"unverified\" d=\"M271 1h6v22h-6z\"/>"
                                + "<path class=\"failed\" d=\"M281 7l6 10m0-10l-6 10\"/></symbol><use href=\"#d0\"/></svg>")
                .containsOnlyOnce("<symbol");
        assertThat(page.split("<use href=\"#d0\"/></svg>", -1)).hasSize(1 + 2);
    }

    @Test
    void aServiceOfAUsualHostNeedsLessThanOneKilobyte() {
        List<Overview.Service> services = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            services.add(service("service" + i, 2 + i % 7));
        }
        String page = page(overview(Optional.empty(), services, List.of()));
        assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(150_000);
    }

    @Test
    void showsTheNextBackupTheStoreAndRecentAlerts() {
        assertThat(page(SampleHost.overview()))
                .contains("<dt>Next backup</dt><dd><time datetime=\"2026-11-30T12:00:00Z\">12:00</time>"
                        + " <small>vaultwarden, in 3 h 45 min</small></dd>")
                .contains("<dt>By the usual schedule</dt><dd><time datetime=\"2026-12-01T03:00:00Z\">Tue 1 Dec 03:00"
                        + "</time> <small>in 18 h 45 min</small></dd>")
                .contains("<dt>Backups in the store</dt><dd>11.5 GiB</dd>")
                .contains("<dt>Free on the store&#39;s disk</dt><dd>121 GiB of 460 GiB</dd>")
                .contains("<time datetime=\"2026-11-30T07:33:09Z\">Mon 30 Nov 07:33</time>"
                        + " <span class=\"lasted\">fires</span> <span class=\"severity warning\">")
                .contains("<span class=\"lasted\">31 min</span> <span class=\"severity critical\">"
                        + "<span class=\"sign\" aria-hidden=\"true\">✕</span>critical</span>"
                        + " <span class=\"what\"><strong>nextcloud</strong> backup failed: disk full (0 of")
                .contains("<span class=\"severity info\">info</span>");
        assertThat(page(overview(Optional.empty(), List.of(service("wiki", 2)), List.of())))
                .doesNotContain("Next backup", "<dl", "Alerts of the last 7 days");
    }

    @Test
    void recentAlertsAddLittleToThePage() {
        Incident longest = new Incident(
                "k".repeat(1000), "s".repeat(1000), Severity.CRITICAL, NOW, NOW.plusSeconds(1), "<".repeat(1000));
        Overview usual = overview(Optional.empty(), List.of(service("wiki", 2)), List.of());
        Overview full = SampleHost.with(
                usual,
                new HostSummary(
                        Collections.nCopies(RecentIncidents.MOST, longest),
                        SampleHost.hostSummary().next(),
                        SampleHost.hostSummary().storeDisk()));
        assertThat(page(full).length() - page(usual).length()).isBetween(5_000, 16_000);
    }

    @Test
    void showsTheCopiesOfEachTargetAndService() {
        Overview all = overview(
                Optional.empty(),
                List.of(service("wiki", 2)),
                List.of(alert(
                        Severity.CRITICAL, "copy-overdue", "cloud", "no complete set of backups is at cloud", "")));
        Optional<Instant> newest = all.services().get(0).restorableTo();
        CopyStatus nas = new CopyStatus(
                "nas",
                newest,
                Map.of("wiki", new CopyStatus.OfService(newest, newest)),
                Map.of("there", 11L, "verified", 3L));
        HostSummary host = new HostSummary(
                List.of(),
                NextBackups.NONE,
                Optional.empty(),
                List.of(nas, CopyStatus.none("cloud")),
                Map.of("cloud", "The copies at cloud leave this host without encryption: " + HOSTILE));
        assertThat(page(SampleHost.with(all, host)))
                .contains("<dt>Copies at nas</dt><dd>complete to ", ", 3 of 14 verified there</dd>")
                .contains("<dt>Copies at cloud</dt><dd class=\"critical\">none yet; overdue</dd>")
                .contains(">1 of 2 copies</span>", "title=\"nas: of ", "cloud: none\"")
                .contains("The copies at cloud leave this host without encryption: &lt;script&gt;");
        assertThat(page(all)).doesNotContain("Copies at", "copies</span>");
    }

    @Test
    void namesSilencedServices() {
        Overview overview = new Overview(
                NOW,
                Optional.empty(),
                Optional.of(NOW),
                List.of(),
                List.of(),
                List.of(new Silence("abcdef", "", "", NOW, NOW.plusSeconds(3600), "moving house")),
                DAEMON,
                CommandPrefix.PLAIN);
        assertThat(page(overview))
                .contains("Alerts muted: everything")
                .contains("until 05:05")
                .contains("moving house");
    }

    @Test
    void nothingThatComesFromOutsideIsMarkup() {
        Alert alert = alert(Severity.CRITICAL, HOSTILE, HOSTILE, HOSTILE, HOSTILE);
        Overview overview = new Overview(
                NOW,
                Optional.of(HOSTILE),
                Optional.of(NOW),
                List.of(service(HOSTILE, 1), service("two\nlines\u202Eand more", 1)),
                List.of(alert),
                List.of(new Silence("abcdef", HOSTILE, HOSTILE, NOW, NOW.plusSeconds(60), HOSTILE)),
                DAEMON,
                CommandPrefix.PLAIN);
        HostSummary host = new HostSummary(
                List.of(new Incident(HOSTILE, HOSTILE, Severity.CRITICAL, NOW, null, HOSTILE)),
                new NextBackups(Optional.empty(), Optional.of(new NextBackups.OfService(HOSTILE, NOW))),
                Optional.empty());
        assertThat(page(SampleHost.with(overview, host)))
                .contains("<small>&lt;script&gt;", "<strong>&lt;script&gt;")
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&#39;&#96;&amp;{{title}}")
                .doesNotContain("<script")
                .contains(">two lines and more<");
    }

    @Test
    void thePolicyAllowsTheStyleOfThePageAndNothingElse() throws Exception {
        StatusPage.Page page =
                statusPage(overview(Optional.empty(), List.of(), List.of())).now();
        String style = page.html().replaceFirst("(?s).*<style>", "").replaceFirst("(?s)</style>.*", "");
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8));
        assertThat(page.policy())
                .startsWith("default-src 'none'; style-src 'sha256-"
                        + Base64.getEncoder().encodeToString(hash) + "';")
                .doesNotContain("unsafe")
                .doesNotContain("script");
        assertThat(page.html()).doesNotContain(" style=").doesNotContain(" on");
    }

    static Overview overview(Optional<String> trouble, List<Overview.Service> services, List<Alert> firing) {
        return new Overview(
                NOW,
                trouble,
                Optional.of(NOW.minus(Duration.ofMinutes(3))),
                services,
                firing,
                List.of(),
                DAEMON,
                CommandPrefix.PLAIN);
    }

    static Overview.Service service(String name, int hours) {
        List<Outcome> days = new ArrayList<>(Collections.nCopies(BackupDays.DAYS, Outcome.NONE));
        days.set(26, Outcome.REMOVED);
        days.set(27, Outcome.UNVERIFIED);
        days.set(28, Outcome.FAILED);
        days.set(29, Outcome.KEPT);
        Instant made = NOW.minus(Duration.ofHours(hours));
        return new Overview.Service(
                name,
                Optional.of(new DatabaseMetrics.Figure(name, 115_343_360, 3)),
                Optional.of(new BackupHistory(
                        name,
                        Optional.of(made),
                        Optional.of(made),
                        12,
                        9_000_000,
                        "verified",
                        Optional.of(Duration.ofSeconds(41)),
                        Optional.of(made))),
                days,
                Optional.of(ServiceState.RUNS),
                Optional.of(new Memory(220_200_960, 268_435_456)),
                Optional.empty(),
                Optional.empty());
    }

    static Alert alert(Severity severity, String kind, String service, String reason, String remedy) {
        Instant since = NOW.minus(Duration.ofMinutes(41));
        Alert.Cause cause = new Alert.Cause(severity, reason, remedy, Map.of(), since);
        return new Alert(kind, service, since, severity, Map.of("look", cause), cause, null, null, List.of(since));
    }

    static StatusPage statusPage(Overview overview) {
        return new StatusPage(() -> overview, ZoneOffset.UTC);
    }

    private static String page(Overview overview) {
        return statusPage(overview).now().html();
    }
}
