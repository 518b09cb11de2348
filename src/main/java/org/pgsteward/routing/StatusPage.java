package org.pgsteward.routing;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.pgsteward.alert.Alert;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Elapsed;
import org.pgsteward.monitor.Size;

/** One page that says how things are: whether all is well, what is not, and each service's last proved backup. */
public final class StatusPage implements Supplier<String> {
    private static final String STYLE = """
            :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;
            padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;
            border-bottom:1px solid #8886}.well{color:#197a36}.bad{color:#c02b2b}@media(prefers-color-scheme:dark){
            .well{color:#5fd07f}.bad{color:#ff8a8a}}pre{white-space:pre-wrap;overflow-wrap:anywhere}
            """;

    private final Supplier<Overview> overviews;
    private final ContainerDesk containers;

    public StatusPage(Supplier<Overview> overviews, ContainerDesk containers) {
        this.overviews = overviews;
        this.containers = containers;
    }

    @Override
    public String get() {
        StringBuilder page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
                .append("<title>pgsteward</title><style>")
                .append(STYLE)
                .append("</style></head><body><h1>pgsteward</h1>");
        Overview overview = overviews.get();
        if (overview.isWell()) {
            page.append("<p class=\"well\">All is well.</p>");
        }
        overview.trouble()
                .ifPresent(trouble -> page.append("<p class=\"bad\">")
                        .append(escaped(trouble))
                        .append("</p>"));
        for (Alert alert : overview.firing()) {
            alert.worst()
                    .ifPresent(cause -> page.append("<p class=\"bad\"><strong>")
                            .append(escaped(alert.service() + ": " + cause.reason()))
                            .append("</strong>, for ")
                            .append(Elapsed.words(overview.age(alert.since())))
                            .append("</p><pre>")
                            .append(escaped(cause.remedy()))
                            .append("</pre>"));
        }
        services(overview, page);
        return page.append("</body></html>\n").toString();
    }

    private void services(Overview overview, StringBuilder page) {
        Map<String, Boolean> up = containers.up();
        Map<String, Overview.Service> known = new TreeMap<>();
        overview.services().forEach(service -> known.put(service.name(), service));
        up.keySet()
                .forEach(name ->
                        known.putIfAbsent(name, new Overview.Service(name, Optional.empty(), Optional.empty())));
        page.append("<table><thead><tr><th>Service</th><th>Container</th><th>Database</th>")
                .append("<th>Last proved backup</th><th>Restores in</th></tr></thead><tbody>");
        for (Overview.Service service : known.values()) {
            Boolean runs = up.get(service.name());
            cell(page.append("<tr>"), service.name());
            page.append(runs == null ? "<td>–</td>" : runs ? "<td>runs</td>" : "<td class=\"bad\">does not run</td>");
            cell(
                    page,
                    service.database()
                            .map(figure -> Size.words(figure.sizeBytes()))
                            .orElse("–"));
            cell(
                    page,
                    service.backups()
                            .flatMap(Tables.History::lastVerified)
                            .map(at -> Elapsed.words(overview.age(at)) + " ago")
                            .orElse("none"));
            cell(
                    page,
                    service.backups()
                            .flatMap(Tables.History::restores)
                            .map(Elapsed::words)
                            .orElse("–"));
            page.append("</tr>");
        }
        page.append("</tbody></table>");
    }

    private static void cell(StringBuilder page, String text) {
        page.append("<td>").append(escaped(text)).append("</td>");
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
