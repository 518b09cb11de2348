package org.pgsteward.backup.restore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The entries of an archive that the owner of a database restores, and the entries that are left to its administrator.
 * Pure.
 *
 * <p>No other entry depends on an entry that is left out. So a dump with such entries restores to its last row without
 * a superuser. The important ones are named to the operator.
 *
 * @param list the entries for {@code pg_restore --use-list}: one number a line, in the archive's order
 * @param configuration the entries of rows for tables that extensions create, in the same form; empty if there are
 *     none, or if they are restored with all others
 * @param leftOut the entries that are left out, such as {@code EVENT TRIGGER - watch homelab}, as {@code pg_restore
 *     --list} writes them
 */
record RestorePlan(String list, String configuration, List<String> leftOut) {
    /**
     * An entry: its number; the OIDs of its catalog and of its object; kind, schema, name and owner, which no delimiter
     * separates.
     */
    private static final Pattern ENTRY = Pattern.compile("(\\d+); (\\d+) (\\d+) (.*)", Pattern.DOTALL);

    /** The entries that fill materialized views. {@link MaterializedViews} fills the views instead. */
    private static final Pattern VIEWS_CONTENTS =
            Pattern.compile("\\d+; \\d+ \\d+ MATERIALIZED VIEW DATA .*", Pattern.DOTALL);

    /** The OID of the catalog of relations, pg_class. An entry that loads rows has the catalog OID 0. */
    private static final String RELATION = "1259";

    private static final String ROWS = "TABLE DATA ";
    private static final String SEQUENCE = "SEQUENCE ";
    private static final String POSITION = "SEQUENCE SET ";

    /**
     * The entries of the administrator. Only a superuser creates an event trigger, and no table or row depends on one.
     * A subscription in a copy would consume the changes to which the original subscribes.
     */
    private static final Pattern ADMINISTRATORS =
            Pattern.compile("(SECURITY LABEL - )?(EVENT TRIGGER|SUBSCRIPTION) .*", Pattern.DOTALL);

    /** Comments on objects that the owner does not create or does not own. */
    private static final Pattern COMMENTS = Pattern.compile(
            "COMMENT - (EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION|FOREIGN DATA WRAPPER|ACCESS METHOD"
                    + "|(PROCEDURAL )?LANGUAGE|DATABASE) .*",
            Pattern.DOTALL);

    /**
     * Returns the plan for an archive.
     *
     * @param list the output of {@code pg_restore --list}
     * @param made the schemas that exist already, for an extension that only an administrator may create
     * @param apart whether the rows of tables of extensions are restored separately
     */
    static RestorePlan of(String list, Set<String> made, boolean apart) {
        Set<String> there = new TreeSet<>();
        for (String schema : made) {
            // If there is a schema "a b", its entry also begins with "SCHEMA - a ". The entry of schema "a" is the
            // shortest.
            entries(list)
                    .map(RestorePlan::what)
                    .filter(what -> what.startsWith("SCHEMA - " + oneLine(schema) + " "))
                    .min(Comparator.comparingInt(String::length))
                    .ifPresent(there::add);
        }
        Set<String> relations = apart ? relations(list) : Set.of();
        StringBuilder restored = new StringBuilder();
        StringBuilder configuration = new StringBuilder();
        List<String> leftOut = new ArrayList<>();
        for (String entry : (Iterable<String>) entries(list)::iterator) {
            String what = what(entry);
            String number = entry.substring(0, entry.indexOf(';') + 1) + "\n";
            if (ADMINISTRATORS.matcher(what).matches()) {
                leftOut.add(what);
            } else if (apart && isOfAnExtension(entry, what, relations)) {
                configuration.append(number);
            } else if (!COMMENTS.matcher(what).matches() && !there.contains(what)) {
                restored.append(number);
            }
        }
        return new RestorePlan(restored.toString(), configuration.toString(), List.copyOf(leftOut));
    }

    /**
     * Returns the relations that the archive creates: tables by OID, and sequences by name, since entries of their
     * positions have no OID.
     */
    private static Set<String> relations(String list) {
        Set<String> relations = new HashSet<>();
        for (String entry : (Iterable<String>) entries(list)::iterator) {
            Matcher matcher = ENTRY.matcher(entry);
            if (matcher.matches() && matcher.group(2).equals(RELATION)) {
                String what = matcher.group(4);
                relations.add(what.startsWith(SEQUENCE) ? what.substring(SEQUENCE.length()) : matcher.group(3));
            }
        }
        return relations;
    }

    /**
     * Returns the entries as a stream: a list has megabytes, and a list of its lines would take several times as much
     * memory.
     */
    private static Stream<String> entries(String list) {
        return list.lines()
                .filter(line -> ENTRY.matcher(line).matches()
                        && !VIEWS_CONTENTS.matcher(line).matches());
    }

    private static boolean isOfAnExtension(String entry, String what, Set<String> relations) {
        Matcher matcher = ENTRY.matcher(entry);
        if (!matcher.matches() || !matcher.group(2).equals("0")) {
            return false;
        }
        return (what.startsWith(ROWS) && !relations.contains(matcher.group(3)))
                || (what.startsWith(POSITION) && !relations.contains(what.substring(POSITION.length())));
    }

    private static String what(String entry) {
        Matcher matcher = ENTRY.matcher(entry);
        return matcher.matches() ? matcher.group(4) : "";
    }

    /** Returns a name as {@code pg_restore --list} prints it, with spaces in place of line breaks. */
    static String oneLine(String name) {
        return name.replaceAll("[\\r\\n]", " ");
    }
}
