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
 * Which entries of an archive the owner of a database restores, and which are left to its administrator. Pure.
 *
 * <p>Nothing else is made of what is left out, so a dump that has it restores to its last row without a superuser at
 * work in it. What is left out and matters is kept by name, for a person to be told.
 *
 * @param list for {@code pg_restore --use-list}: one number a line, in the archive's order
 * @param configuration the same of the rows of extensions' own tables, which the archive does not make; empty for none,
 *     or where they are restored with everything else
 * @param leftOut such as {@code EVENT TRIGGER - watch homelab}, as {@code pg_restore --list} writes it
 */
record RestorePlan(String list, String configuration, List<String> leftOut) {
    /** Number of the entry; two numbers of its catalog; kind, schema, name and owner, which no delimiter tells apart. */
    private static final Pattern ENTRY = Pattern.compile("(\\d+); (\\d+) (\\d+) (.*)", Pattern.DOTALL);

    /** What a materialized view holds: it is made again from the tables, as far as that goes. */
    private static final Pattern VIEWS_CONTENTS =
            Pattern.compile("\\d+; \\d+ \\d+ MATERIALIZED VIEW DATA .*", Pattern.DOTALL);

    /** The catalog of relations; an entry that brings rows names no catalog. */
    private static final String RELATION = "1259";

    private static final String ROWS = "TABLE DATA ";
    private static final String SEQUENCE = "SEQUENCE ";
    private static final String POSITION = "SEQUENCE SET ";

    /**
     * Only a superuser makes an event trigger, and no table or row depends on one. A subscription in a copy would take the
     * changes that the original is subscribed to.
     */
    private static final Pattern ADMINISTRATORS =
            Pattern.compile("(SECURITY LABEL - )?(EVENT TRIGGER|SUBSCRIPTION) .*", Pattern.DOTALL);

    /** Comments on what the owner does not make, or not own. */
    private static final Pattern COMMENTS = Pattern.compile(
            "COMMENT - (EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION|FOREIGN DATA WRAPPER|ACCESS METHOD"
                    + "|(PROCEDURAL )?LANGUAGE|DATABASE) .*",
            Pattern.DOTALL);

    /**
     * @param list what {@code pg_restore --list} printed
     * @param made schemas that are there already, for an extension that only an administrator may make
     * @param apart whether rows of extensions' own tables are restored apart from everything else
     */
    static RestorePlan of(String list, Set<String> made, boolean apart) {
        Set<String> there = new TreeSet<>();
        for (String schema : made) {
            // "SCHEMA - a owner" is the shortest that begins so, if there is a schema "a b" too.
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

    /** Those that the archive makes: tables by OID, and sequences by name, since their positions have no OID. */
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

    /** One after the other: a list has megabytes, and its lines would take several times as much. */
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

    /** As the list shows it. */
    static String oneLine(String name) {
        return name.replaceAll("[\\r\\n]", " ");
    }
}
