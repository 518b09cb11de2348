package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.journal.Tables;

/** One page that says how things are: whether all is well, what is not, and each service's last proved backup. */
public final class StatusPage implements Supplier<String> {
    private static final String STYLE = """
            :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;
            padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;
            border-bottom:1px solid #8886}.well{color:#197a36}.bad{color:#c02b2b}@media(prefers-color-scheme:dark){
            .well{color:#5fd07f}.bad{color:#ff8a8a}}pre{white-space:pre-wrap;overflow-wrap:anywhere}
            """;

    private final Tables tables;
    private final AlertBook alerts;
    private final ContainerDesk containers;
    private final Clock clock;

    public StatusPage(Tables tables, AlertBook alerts, ContainerDesk containers, Clock clock) {
        this.tables = tables;
        this.alerts = alerts;
        this.containers = containers;
        this.clock = clock;
    }

    @Override
    public String get() {
        StringBuilder page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
                .append("<title>pgsteward</title><style>")
                .append(STYLE)
                .append("</style></head><body><h1>pgsteward</h1>");
        List<Alert> firing = alerts.firing();
        if (firing.isEmpty()) {
            page.append("<p class=\"well\">All is well.</p>");
        }
        for (Alert alert : firing) {
            alert.worst()
                    .ifPresent(cause -> page.append("<p class=\"bad\"><strong>")
                            .append(escaped(alert.service() + ": " + cause.reason()))
                            .append("</strong>, for ")
                            .append(age(alert.since()))
                            .append("</p><pre>")
                            .append(escaped(cause.remedy()))
                            .append("</pre>"));
        }
        services(page);
        return page.append("</body></html>\n").toString();
    }

    private void services(StringBuilder page) {
        Map<String, Boolean> up = containers.up();
        Map<String, Tables.History> histories = new TreeMap<>();
        try {
            tables.histories().forEach(history -> histories.put(history.service(), history));
        } catch (SQLException e) {
            page.append("<p class=\"bad\">PostgreSQL does not answer: what it keeps of backups cannot be shown.</p>");
        }
        page.append("<table><thead><tr><th>Service</th><th>Container</th><th>Last proved backup</th><th>Size</th>")
                .append("</tr></thead><tbody>");
        TreeSet<String> names = new TreeSet<>(up.keySet());
        names.addAll(histories.keySet());
        for (String name : names) {
            Optional<Tables.History> history = Optional.ofNullable(histories.get(name));
            Boolean runs = up.get(name);
            page.append("<tr><td>")
                    .append(escaped(name))
                    .append("</td><td>")
                    .append(runs == null ? "–" : runs ? "runs" : "<span class=\"bad\">does not run</span>")
                    .append("</td><td>")
                    .append(history.flatMap(Tables.History::lastVerified)
                            .map(at -> age(at) + " ago")
                            .orElse("none"))
                    .append("</td><td>")
                    .append(history.map(known -> String.format(Locale.ROOT, "%,d B", known.sizeBytes()))
                            .orElse("–"))
                    .append("</td></tr>");
        }
        page.append("</tbody></table>");
    }

    private String age(Instant since) {
        Duration age = Duration.between(since, clock.instant());
        if (age.toDays() > 1) {
            return age.toDays() + " days";
        }
        return age.toHours() > 1 ? age.toHours() + " hours" : age.toMinutes() > 1 ? age.toMinutes() + " min" : "1 min";
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
