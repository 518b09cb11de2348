package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.pgsteward.backup.store.ResultSettings;

/**
 * Fills the materialized views of a restored database, in the order of the dump.
 *
 * <p>{@code pg_restore} cannot do it: it requires all rows, and fails if row security hides some from the owner. Here a
 * view is filled as {@code REFRESH MATERIALIZED VIEW} did it at the source, with the rows that its owner sees.
 */
final class MaterializedViews {
    private static final String ENTRY = " MATERIALIZED VIEW DATA ";

    private static final String REFRESH = "REFRESH MATERIALIZED VIEW ";

    /**
     * The query for views that are not filled. Schema, name and the SQL form of both are separated by chr(31), views by
     * chr(30).
     */
    private static final String UNFILLED = """
            SELECT pg_catalog.string_agg(
                       pg_catalog.concat_ws(pg_catalog.chr(31), n.nspname, c.relname,
                                            pg_catalog.format('%I.%I', n.nspname, c.relname)),
                       pg_catalog.chr(30))
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'm' AND NOT c.relispopulated
            """;

    /** The query for views that are filled but empty; names as SQL writes them, separated by chr(30). */
    private static final String EMPTY = """
            SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.chr(30))
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'm' AND c.relispopulated AND pg_catalog.pg_relation_size(c.oid) = 0
            """;

    private final RestoreSite site;
    private final String database;

    MaterializedViews(RestoreSite site, String database) {
        this.site = site;
        this.database = database;
    }

    private record View(String schema, String name, String quoted) {
        static View of(String row) {
            String[] parts = row.split("\u001f", -1);
            return new View(parts[0], parts[1], parts[2]);
        }

        String entry() {
            return ENTRY + RestorePlan.oneLine(schema) + " " + RestorePlan.oneLine(name) + " ";
        }
    }

    /**
     * Fills the views that were filled when they were dumped.
     *
     * @param list the output of {@code pg_restore --list}
     * @param settings assignments for the session that fills the views
     * @return the views that stay empty, with the reason
     */
    List<String> fill(String list, List<String> settings) throws IOException, InterruptedException {
        List<String> entries = list.lines().filter(line -> line.contains(ENTRY)).toList();
        return fill(entries, settings, (entry, view) -> entry.contains(view.entry()));
    }

    /**
     * Fills the views that {@code pg_restore} could not fill.
     *
     * @param commands the commands as pg_restore wrote them
     */
    List<String> fillAgain(List<String> commands) throws IOException, InterruptedException {
        return fill(commands, List.of(), (command, view) -> command.equals(REFRESH + view.quoted() + ";"));
    }

    /**
     * Returns the filled views without rows that had rows when they were dumped. A view is filled with the rows that
     * its owner sees, and these may be fewer than before.
     *
     * @param held the views that had rows; names as SQL writes them
     */
    List<String> emptied(Collection<String> held) throws IOException, InterruptedException {
        String empty = held.isEmpty() ? "" : site.ask(database, EMPTY);
        return Stream.of(empty.split("\u001e", -1))
                .filter(held::contains)
                .sorted()
                .map(view -> "materialized view " + view
                        + " is empty: it had rows when it was dumped, but its owner now sees"
                        + " none (because of row security, or a setting of the session that filled it)")
                .toList();
    }

    /**
     * Returns a single statement for the settings and the refresh: after each statement, the driver requires the
     * DateStyle ISO.
     */
    private static String refresh(View view, List<String> settings) {
        return ResultSettings.under(settings, REFRESH + view.quoted());
    }

    private List<String> fill(List<String> wanted, List<String> settings, BiPredicate<String, View> names)
            throws IOException, InterruptedException {
        String unfilled = wanted.isEmpty() ? "" : site.ask(database, UNFILLED);
        if (unfilled.isEmpty()) {
            return List.of();
        }
        List<View> views = Stream.of(unfilled.split("\u001e", -1)).map(View::of).toList();
        List<View> filled = wanted.stream()
                .flatMap(one -> views.stream().filter(view -> names.test(one, view)))
                .distinct()
                .toList();
        List<String> errors = site.asOwner(
                database, filled.stream().map(view -> refresh(view, settings)).toList());
        List<String> empty = new ArrayList<>();
        for (int i = 0; i < filled.size(); i++) {
            if (!errors.get(i).isEmpty()) {
                empty.add("materialized view " + filled.get(i).quoted() + " is empty: "
                        + errors.get(i).lines().findFirst().orElse(""));
            }
        }
        return empty;
    }
}
