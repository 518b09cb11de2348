package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.SampleHost;
import org.pgsteward.web.StatusPage;

/** The table of {@code status} and the one of the status page show the same. */
@Tag("fast")
class StatusTableTest {
    private static final Pattern ROW = Pattern.compile("(?s)<tr role=\"row\">(.*?)</tr>");
    private static final Pattern CELL = Pattern.compile("(?s)<t[hd] (.*?)</t[hd]>");
    private static final Pattern STRIP =
            Pattern.compile("(?s)<svg class=\"strip\".*?aria-label=\"30 days: ([^\"]*)\".*");

    /** Parts of a cell that repeat its words or add to them: signs, the exact time, and texts for screen readers. */
    private static final Pattern ADDED = Pattern.compile(
            "(?s)<span class=\"sign\"[^>]*>.*?</span>|<small>.*?</small>|<span class=\"hidden\">.*?</span>|<svg.*</svg>");

    @Test
    void pageAndTerminalHaveTheSameColumnsRowsAndWords() {
        Overview overview = SampleHost.overview(
                Optional.empty(), List.copyOf(SampleHost.everyState().values()), List.of());

        List<List<String>> page = page(overview);
        assertThat(page).hasSize(1 + overview.services().size());
        assertThat(terminal(overview)).isEqualTo(page);
    }

    @Test
    void firingAlertsAndAnOutageAreInTheSameWords() {
        Overview usual = SampleHost.overview();
        Overview outage =
                SampleHost.overview(Optional.of("PostgreSQL does not answer"), usual.services(), usual.firing());

        assertThat(terminal(outage)).isEqualTo(page(outage)).isEqualTo(terminal(usual));
        assertThat(terminal(usual)).extracting(row -> row.get(1)).contains("runs, warning", "stopped", "runs");
    }

    @Test
    void everyStateHasItsWords() {
        Map<String, Overview.Service> services = SampleHost.everyState();
        List<List<String>> rows =
                terminal(SampleHost.overview(Optional.empty(), List.copyOf(services.values()), List.of()));
        assertThat(rows.get(0))
                .containsExactly(
                        "SERVICE",
                        "STATE",
                        "CAN BE RESTORED TO",
                        "NEWEST RUN",
                        "RESTORE TAKES",
                        "DATABASE",
                        "SESSIONS",
                        "BACKUP",
                        "MEMORY",
                        "BACKUPS OF 30 DAYS");
        assertThat(rows.subList(1, rows.size()))
                .extracting(row -> String.join(", ", row.subList(0, 5)))
                .contains(
                        "well, runs, 5 h 14 min ago, verified, 2 s",
                        "failed, runs, 5 h 14 min ago, failed, < 1 s",
                        "expired, runs, 5 h 14 min ago, removed, < 1 s",
                        "new, runs, no verified backup, none, -",
                        "gone, gone, 5 h 14 min ago, verified, 2 s",
                        "bare, no container, 5 h 14 min ago, verified, 2 s",
                        "postgres, no service, 5 h 14 min ago, verified, 2 s",
                        "postgresql, runs, -, -, -",
                        "quarantine, quarantined, 5 h 14 min ago, verified, 2 s",
                        "roles and passwords, -, 5 h 14 min ago, verified, < 1 s",
                        "base backup, -, 1 day 8 h ago, failed, 38 s");
        assertThat(rows).extracting(row -> row.get(8)).contains("29 %", "< 1 %", "-");
        assertThat(rows).extracting(row -> row.get(9)).contains("30 verified, of which 10 still kept", "-");
    }

    private static List<List<String>> terminal(Overview overview) {
        StringWriter out = new StringWriter();
        StatusCommand.table(overview, Colours.of(false, Map.of())).print(new PrintWriter(out, true));
        return out.toString()
                .lines()
                .map(line -> Arrays.asList(line.strip().split(" {2,}")))
                .toList();
    }

    private static List<List<String>> page(Overview overview) {
        List<List<String>> rows = new ArrayList<>();
        Matcher row =
                ROW.matcher(new StatusPage(() -> overview, ZoneOffset.UTC).now().html());
        while (row.find()) {
            List<String> cells = new ArrayList<>();
            Matcher cell = CELL.matcher(row.group(1));
            while (cell.find()) {
                String words = words(cell.group(1).substring(cell.group(1).indexOf('>') + 1));
                cells.add(rows.isEmpty() ? words.toUpperCase(Locale.ROOT) : words);
            }
            rows.add(cells);
        }
        return rows;
    }

    private static String words(String cell) {
        Matcher strip = STRIP.matcher(cell);
        String text = strip.matches() ? strip.group(1) : ADDED.matcher(cell).replaceAll("");
        return text.replaceAll("<[^>]*>", "")
                .replace("&lt;", "<")
                .replace("&#39;", "'")
                .replace("–", "-")
                .strip();
    }
}
