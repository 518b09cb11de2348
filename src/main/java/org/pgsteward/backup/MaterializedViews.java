package org.pgsteward.backup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.postgres.Quote;

/**
 * Fills the materialized views of a restored database, in the order of the dump.
 *
 * <p>Not by {@code pg_restore}: it asks for every row where row security hides some from the owner, and then fails. A view is
 * filled as {@code REFRESH MATERIALIZED VIEW} did it at the source: with what its owner sees.
 */
final class MaterializedViews {
    private static final String ENTRY = " MATERIALIZED VIEW DATA ";

    /** Schema and name are separated by chr(31), views by chr(30). */
    private static final String UNFILLED = """
            SELECT pg_catalog.string_agg(pg_catalog.concat(n.nspname, pg_catalog.chr(31), c.relname), pg_catalog.chr(30))
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'm' AND NOT c.relispopulated
            """;

    private final RestoreSite site;
    private final String database;

    MaterializedViews(RestoreSite site, String database) {
        this.site = site;
        this.database = database;
    }

    private record View(String schema, String name) {
        String entry() {
            return ENTRY + RestorePlan.oneLine(schema) + " " + RestorePlan.oneLine(name) + " ";
        }

        String quoted() {
            return Quote.identifier(schema) + "." + Quote.identifier(name);
        }
    }

    /**
     * Fills those that held something when they were dumped.
     *
     * @param list what {@code pg_restore --list} says of the dump
     * @return those that are empty, with the reason
     */
    List<String> fill(String list) throws IOException, InterruptedException {
        List<String> entries = list.lines().filter(line -> line.contains(ENTRY)).toList();
        String unfilled = entries.isEmpty() ? "" : site.administer(database, UNFILLED);
        if (unfilled.isEmpty()) {
            return List.of();
        }
        List<View> views = new ArrayList<>();
        for (String view : unfilled.split("\u001e", -1)) {
            int end = view.indexOf('\u001f');
            views.add(new View(view.substring(0, end), view.substring(end + 1)));
        }
        List<View> wanted = entries.stream()
                .flatMap(entry -> views.stream().filter(view -> entry.contains(view.entry())))
                .distinct()
                .toList();
        List<String> errors = site.asOwner(
                database,
                wanted.stream()
                        .map(view -> "REFRESH MATERIALIZED VIEW " + view.quoted())
                        .toList());
        List<String> empty = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            if (!errors.get(i).isEmpty()) {
                empty.add("materialized view " + wanted.get(i).quoted() + " is empty: "
                        + errors.get(i).lines().findFirst().orElse(""));
            }
        }
        return empty;
    }
}
