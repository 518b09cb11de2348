package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.postgres.Quote;

/**
 * Gives the objects of a restored database their previous privileges and owners, as far as the owner of the database
 * may.
 *
 * <p>During a restore, all objects belong to the owner of the database. Code from the dump runs as that owner meanwhile
 * and can change a function that belonged to another role. If an administrator then returned the function, that code
 * would run as the other role. So PostgreSQL decides: the owner of the database gives an object to a role only if it
 * could act as that role anyway. Every other object is named, with the statement that returns it. Until then, a
 * function that ran with the rights of another role runs with those of its caller.
 *
 * <p>Each statement runs separately, so that a refused statement does not stop the others.
 */
final class OwnersAndRights {
    /** The number of entries that are read at once. */
    private static final int CHUNK = 200;

    private static final int LARGEST_NUMBER_OF_NOTES = 1000;

    /** The limit of a statement in a note, in characters. */
    private static final int LONGEST_STATEMENT = 500;

    private static final Pattern RIGHTS =
            Pattern.compile("\\d+; \\d+ \\d+ (?:ACL(?! - FOREIGN DATA WRAPPER )|DEFAULT ACL) .*", Pattern.DOTALL);

    private static final Pattern RIGHT =
            Pattern.compile("(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) .*", Pattern.DOTALL);

    private static final Pattern GRANTOR = Pattern.compile("SET SESSION AUTHORIZATION (.+)", Pattern.DOTALL);

    private static final String RESET = "RESET SESSION AUTHORIZATION";

    /**
     * The entries of objects that have an owner. Entries that load rows, or that belong to such an object, are
     * excluded.
     */
    private static final Pattern OWNED = Pattern.compile(
            "\\d+; [1-9]\\d* \\d+ (?:AGGREGATE|BLOB|BLOB METADATA|COLLATION|CONVERSION|DOMAIN|FOREIGN TABLE|FUNCTION"
                    + "|MATERIALIZED VIEW|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|PROCEDURE|SCHEMA|SEQUENCE|SERVER"
                    + "|STATISTICS|TABLE|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|TYPE|VIEW) .*",
            Pattern.DOTALL);

    /** The schema public, which a new database has already: there it belongs to the role pg_database_owner. */
    private static final Pattern PUBLIC = Pattern.compile("\\d+; [1-9]\\d* \\d+ SCHEMA - public .*", Pattern.DOTALL);

    private static final Pattern GIVE = Pattern.compile(
            "ALTER (AGGREGATE|COLLATION|CONVERSION|DOMAIN|FOREIGN TABLE|FUNCTION|LARGE OBJECT"
                    + "|MATERIALIZED VIEW|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|PROCEDURE|SCHEMA|SEQUENCE|SERVER"
                    + "|STATISTICS|TABLE|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|TYPE|VIEW)"
                    + " (.+) OWNER TO (\"(?:[^\"]|\"\")+\"|[^\\s\"]+)",
            Pattern.DOTALL);

    /**
     * The query that returns those of the given functions that run with the rights of their caller. Names are separated
     * by chr(30).
     */
    private static final String INVOKERS = """
            SELECT pg_catalog.string_agg(signature, pg_catalog.chr(30))
              FROM (SELECT pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname,
                                             pg_catalog.pg_get_function_identity_arguments(p.oid)) AS signature
                      FROM pg_catalog.pg_proc AS p
                      JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                     WHERE NOT p.prosecdef) AS invokers
             WHERE signature IN (%s)
            """;

    private final RestoreSite site;
    private final TableOfContents contents;
    private final String database;
    private final String owner;
    private final Set<String> notes = new LinkedHashSet<>();

    /** @param owner the role that owns all objects after the restore */
    OwnersAndRights(RestoreSite site, TableOfContents contents, String database, String owner) {
        this.site = site;
        this.contents = contents;
        this.database = database;
        this.owner = owner;
    }

    /**
     * Restores the privileges and the owners.
     *
     * @param list the output of {@link TableOfContents#list}
     * @return the differences from the dumped database, one line each
     */
    List<String> restore(StoredFile file, String list) throws IOException, InterruptedException {
        String mine = " " + RestorePlan.oneLine(file.manifest().source().owner());
        List<String> rights = new ArrayList<>();
        List<String> others = new ArrayList<>();
        list.lines().forEach(line -> {
            if (RIGHTS.matcher(line).matches()) {
                rights.add(line);
            } else if (OWNED.matcher(line).matches()
                    && (!line.endsWith(mine) || PUBLIC.matcher(line).matches())) {
                others.add(line);
            }
        });
        List<String> othersRights =
                rights.stream().filter(line -> !line.endsWith(mine)).toList();
        // The future owner of an object needs a privilege on its schema, so the privileges come first.
        eachChunk(file, rights, List.of("--no-owner"), this::grant);
        // --schema-only is not used, because it treats large objects as rows. None of these entries has rows of its
        // own.
        eachChunk(file, others, List.of("--no-privileges", "--no-comments"), this::give);
        // A new owner also gets every privilege of the previous owner, even one that it did not have before. So the
        // grants of these objects run again.
        eachChunk(file, othersRights, List.of("--no-owner"), this::grant);
        List<String> named = new ArrayList<>(notes);
        if (named.size() > LARGEST_NUMBER_OF_NOTES) {
            int more = named.size() - LARGEST_NUMBER_OF_NOTES;
            named.subList(LARGEST_NUMBER_OF_NOTES, named.size()).clear();
            named.add(more + " more privileges or owners differ from the dump; compare them with pg_restore --list");
        }
        return List.copyOf(named);
    }

    @FunctionalInterface
    private interface Statements {
        void run(List<String> statements) throws IOException, InterruptedException;
    }

    private void eachChunk(StoredFile file, List<String> entries, List<String> options, Statements statements)
            throws IOException, InterruptedException {
        for (int from = 0; from < entries.size(); from += CHUNK) {
            chunk(file, entries.subList(from, Math.min(entries.size(), from + CHUNK)), options, statements);
        }
    }

    private void chunk(StoredFile file, List<String> entries, List<String> options, Statements statements)
            throws IOException, InterruptedException {
        String sql;
        try {
            sql = contents.sql(file, database, entries, options);
        } catch (TableOfContents.TooLong e) {
            if (entries.size() == 1) {
                notes.add("privileges and owner are not restored, because their SQL is too long: " + entries.get(0));
                return;
            }
            int half = entries.size() / 2;
            chunk(file, entries.subList(0, half), options, statements);
            chunk(file, entries.subList(half, entries.size()), options, statements);
            return;
        }
        statements.run(SqlScript.of(sql).statements().stream()
                .map(SqlScript.Statement::sql)
                .toList());
    }

    /**
     * Runs the grants as the owner of the database, also those of another grantor. The grantees keep their privileges,
     * and a note names the other grantor.
     */
    private void grant(List<String> script) throws IOException, InterruptedException {
        List<String> statements = new ArrayList<>();
        List<String> grantors = new ArrayList<>();
        String grantor = "";
        for (String sql : script) {
            Matcher as = GRANTOR.matcher(sql);
            if (as.matches()) {
                grantor = as.group(1);
            } else if (sql.equals(RESET)) {
                grantor = "";
            } else if (RIGHT.matcher(sql).matches()) {
                statements.add(sql);
                grantors.add(grantor);
            }
        }
        List<String> errors = site.asOwner(database, statements);
        for (int i = 0; i < statements.size(); i++) {
            if (!errors.get(i).isEmpty()) {
                notes.add(shown(statements.get(i)) + ": " + firstLine(errors.get(i)));
            } else if (!grantors.get(i).isEmpty()) {
                notes.add(
                        "granted by " + owner + ", previously by " + grantors.get(i) + ": " + shown(statements.get(i)));
            }
        }
    }

    private void give(List<String> script) throws IOException, InterruptedException {
        List<String> statements =
                script.stream().filter(sql -> GIVE.matcher(sql).matches()).toList();
        List<String> errors = site.asOwner(database, statements);
        List<Matcher> refused = new ArrayList<>();
        for (int i = 0; i < statements.size(); i++) {
            Matcher give = GIVE.matcher(statements.get(i));
            if (!errors.get(i).isEmpty() && give.matches()) {
                refused.add(give);
            }
        }
        Set<String> definers = closed(refused);
        for (Matcher give : refused) {
            String object = give.group(1) + " " + give.group(2);
            boolean closed = definers.contains(object);
            notes.add(shown(object) + " belongs to " + owner + ", previously to " + give.group(3)
                    + (closed ? ", and runs with the rights of its caller" : "")
                    + "; check it, then run: " + shown(give.group())
                    + (closed ? "; ALTER " + shown(object) + " SECURITY DEFINER" : ""));
        }
    }

    /** Switches the refused functions to SECURITY INVOKER, and returns those that were SECURITY DEFINER. */
    private Set<String> closed(List<Matcher> refused) throws IOException, InterruptedException {
        List<Matcher> functions = refused.stream()
                .filter(give -> Set.of("FUNCTION", "PROCEDURE").contains(give.group(1)))
                .toList();
        if (functions.isEmpty()) {
            return Set.of();
        }
        String invokers = site.administer(
                database,
                INVOKERS.formatted(functions.stream()
                        .map(give -> Quote.literal(give.group(2)))
                        .collect(Collectors.joining(", "))));
        Set<String> harmless = Set.of(invokers.split("\u001e", -1));
        Set<String> definers = new HashSet<>();
        functions.stream()
                .filter(give -> !harmless.contains(give.group(2)))
                .forEach(give -> definers.add(give.group(1) + " " + give.group(2)));
        List<String> objects = List.copyOf(definers);
        List<String> errors = site.asOwner(
                database,
                objects.stream()
                        .map(object -> "ALTER " + object + " SECURITY INVOKER")
                        .toList());
        for (int i = 0; i < objects.size(); i++) {
            if (!errors.get(i).isEmpty()) {
                throw new IOException("cannot prevent " + shown(objects.get(i)) + " of another role from running as "
                        + owner + ": " + firstLine(errors.get(i)));
            }
        }
        return definers;
    }

    private static String shown(String statement) {
        return statement.length() <= LONGEST_STATEMENT ? statement : statement.substring(0, LONGEST_STATEMENT) + "...";
    }

    private static String firstLine(String error) {
        return error.lines().findFirst().orElse("");
    }
}
