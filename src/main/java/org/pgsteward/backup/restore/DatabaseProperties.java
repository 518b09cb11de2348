package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;

/**
 * The statements of a dump about the database itself, not about its contents.
 *
 * <p>An attacker may have written to the dump, and an administrator runs the statements that the owner may not. So a
 * statement counts only if no character outside its quotes lets a server read it as two. The extended protocol of a
 * driver would not prevent that: if the driver sees two statements, it sends them one after the other.
 *
 * @param like the clauses of {@code CREATE DATABASE} that make a database like the dumped one
 * @param properties the settings of the database and the grants on it
 * @param strange the number of statements that {@code pg_dump} does not write
 * @param oversized the number of settings or comments that are left out because of their length
 */
record DatabaseProperties(String like, List<Property> properties, int strange, int oversized) {
    private static final Pattern ENTRIES =
            Pattern.compile("\\d+; \\d+ \\d+ (ACL|COMMENT) - DATABASE .*", Pattern.DOTALL);

    /** The form of a name. PostgreSQL reads the unquoted keywords as other roles, or as all of them. */
    private static final String NAME =
            "(?:\"(?:[^\"]|\"\"){1,200}\"|(?!(?i:" + Globals.ROLE_KEYWORDS + ")\\b)[^\\s\"]{1,200})";

    /** Names of encodings and locales, as PostgreSQL writes them. */
    private static final Pattern OPTION =
            Pattern.compile(" (ENCODING|LOCALE|LC_COLLATE|LC_CTYPE|ICU_LOCALE|BUILTIN_LOCALE"
                    + "|LOCALE_PROVIDER) = ('[\\w.@ -]+'|\\w+)| (ICU_RULES) = (" + ResultSettings.LITERAL + ")");

    /** A setting, as {@code pg_dump} writes it. The administrator applies no statement of another form. */
    private static final Pattern ASSIGNMENT =
            Pattern.compile(" SET (\"(?:[^\"]|\"\"){1,200}\"|[\\w.]{1,200}) TO .*", Pattern.DOTALL);

    /** The text before the database's name, the name, and the text after it. */
    private static final Pattern SET_OR_GRANTED = Pattern.compile(
            "(ALTER DATABASE |ALTER ROLE " + NAME + " IN DATABASE |(?:GRANT|REVOKE) [A-Z, ]+ ON DATABASE "
                    + "|COMMENT ON DATABASE )(" + NAME + ")( (?:SET|CONNECTION LIMIT|IS_TEMPLATE|TO|FROM|IS) .*)",
            Pattern.DOTALL);

    private static final Pattern OF_A_DATABASE = Pattern.compile("[A-Z].*\\bDATABASE\\b.*", Pattern.DOTALL);

    /** A statement about the database, as the text before and after its name, so that it fits any name. */
    record Property(String before, String after) {
        String of(String database) {
            return before + Quote.identifier(database) + after;
        }

        /**
         * Returns whether the administrator applies the statement during a recovery if the owner may not. The
         * administrator never applies a setting that loads code: any program with write access to the store could have
         * added it.
         */
        boolean isAnAdministrators() {
            Matcher assignment = ASSIGNMENT.matcher(after);
            return (before.equals("ALTER DATABASE ") || before.startsWith("ALTER ROLE "))
                    && assignment.matches()
                    && !LibrarySettings.loadsCode(SqlScript.unquoted(assignment.group(1)));
        }

        /** Returns whether the statement gives every role a privilege. */
        boolean opens() {
            return before.startsWith("GRANT ") && after.matches(" TO PUBLIC(?: WITH GRANT OPTION)?");
        }
    }

    /**
     * Returns the database's {@link ResultSettings} that the dump has and its manifest lacks, as assignments. A newer
     * manifest lacks those of applications, an older one all of them.
     */
    static List<String> missing(TableOfContents contents, StoredFile file, String database)
            throws IOException, InterruptedException {
        if (!areReadable(file.manifest().source().database())) {
            return List.of();
        }
        DatabaseEnvironment surroundings = file.manifest().contents().surroundings();
        return of(contents, file, database).ofResults(file.manifest().source().owner()).stream()
                .filter(assignment -> surroundings.settings().isEmpty()
                        || surroundings.hidden().stream()
                                .anyMatch(name -> assignment.startsWith(Quote.identifier(name) + " TO ")))
                .toList();
    }

    /** Returns the settings as assignments. Those of the owner's role come last, since they take precedence. */
    List<String> ofResults(String owner) {
        return Stream.of(
                        Set.of("ALTER DATABASE "),
                        Set.of(
                                "ALTER ROLE " + Quote.identifier(owner) + " IN DATABASE ",
                                "ALTER ROLE " + owner + " IN DATABASE "))
                .flatMap(of -> properties.stream().filter(property -> of.contains(property.before())))
                .flatMap(property -> ResultSettings.assignment(property.after()).stream())
                .toList();
    }

    /** Returns the properties without the privileges of PUBLIC, for a copy beside the live database. */
    DatabaseProperties closed() {
        return new DatabaseProperties(
                like, properties.stream().filter(property -> !property.opens()).toList(), strange, oversized);
    }

    /** Returns the statements that {@link #closed} leaves out, written for {@code database}. */
    List<String> opening(String database) {
        return properties.stream()
                .filter(Property::opens)
                .map(property -> property.of(database))
                .toList();
    }

    /**
     * Returns whether {@code pg_restore} writes the properties: it refuses to if the name of the database contains a
     * line break.
     */
    static boolean areReadable(String database) {
        return database.indexOf('\n') < 0 && database.indexOf('\r') < 0;
    }

    static DatabaseProperties of(TableOfContents contents, StoredFile file, String database)
            throws IOException, InterruptedException {
        // The name of a database has no encoding of its own. The manifest has its bytes as UTF-8, and the script is
        // read in the encoding of the dump.
        String named = new String(
                file.manifest().source().database().getBytes(StandardCharsets.UTF_8), TableOfContents.charset(file));
        Reading reading = new Reading(named, file.manifest().source().owner());
        contents.script(file, database, ENTRIES, new SqlSplitter(reading::take));
        return reading.done();
    }

    /**
     * @param named the name of the database in {@code script}
     * @param owner the owner of the database
     */
    static DatabaseProperties of(String script, String named, String owner) {
        Reading reading = new Reading(named, owner);
        SqlScript.of(script).statements().forEach(reading::take);
        return reading.done();
    }

    /**
     * Reads a script statement by statement. Any role may have settings of its own in any database, so these are
     * limited separately.
     */
    private static final class Reading {
        private static final int LARGEST = 1024 * 1024;

        /** The limit of the settings of all other roles together, in characters. */
        private static final int LARGEST_OF_OTHERS = 128 * 1024;

        private final String named;
        private final Set<String> owners;
        private final StringBuilder like = new StringBuilder();
        private final List<Property> properties = new ArrayList<>();
        private int strange;
        private int oversized;
        private long kept;
        private long keptOfOthers;

        Reading(String named, String owner) {
            this.named = named;
            this.owners = Set.of(
                    "ALTER ROLE " + owner + " IN DATABASE ", "ALTER ROLE " + Quote.identifier(owner) + " IN DATABASE ");
        }

        void take(SqlScript.Statement statement) {
            Matcher property = SET_OR_GRANTED.matcher(statement.sql());
            if (statement.isOversized()) {
                oversized++;
            } else if (!statement.plain()) {
                strange += OF_A_DATABASE.matcher(statement.sql()).matches() ? 1 : 0;
            } else if (statement.sql().startsWith("CREATE DATABASE ")) {
                Matcher options = OPTION.matcher(statement.sql());
                while (options.find()) {
                    int name = options.group(1) == null ? 3 : 1;
                    like.append(' ').append(options.group(name)).append(' ').append(options.group(name + 1));
                }
            } else if (property.matches()
                    && SqlScript.unquoted(property.group(2)).equals(named)) {
                add(property.group(1), property.group(3));
            }
        }

        private void add(String before, String after) {
            long length = (long) before.length() + after.length();
            boolean ofOthers = before.startsWith("ALTER ROLE ") && !owners.contains(before);
            kept += ofOthers ? 0 : length;
            keptOfOthers += ofOthers ? length : 0;
            if (ofOthers ? keptOfOthers > LARGEST_OF_OTHERS : kept > LARGEST) {
                oversized++;
            } else {
                properties.add(new Property(before, after));
            }
        }

        DatabaseProperties done() {
            return new DatabaseProperties(like.toString(), List.copyOf(properties), strange, oversized);
        }
    }

    /**
     * Applies the settings and grants.
     *
     * @param database the present name of the database
     * @param later the final name of the database, for the notes to the operator
     * @param administrator applies the settings that the owner may not; empty outside of a recovery
     * @return the settings and grants that failed, one line each
     */
    List<String> restore(Connection connection, String database, String later, Optional<Connection> administrator)
            throws SQLException {
        List<String> refused = new ArrayList<>();
        if (strange > 0) {
            refused.add(strange
                    + " of the statements about the database were not run: pg_dump does not write such statements");
        }
        if (oversized > 0) {
            refused.add(oversized + " of the settings and comments of the database were left out: each is longer than "
                    + SqlSplitter.LONGEST + " characters, or all together exceed their limit");
        }
        for (Property property : properties) {
            Optional<String> error = tried(connection, property.of(database));
            if (error.isPresent() && administrator.isPresent() && property.isAnAdministrators()) {
                error = tried(administrator.get(), property.of(database));
            }
            error.ifPresent(because -> refused.add(property.of(later) + ": " + because));
        }
        return refused;
    }

    private static Optional<String> tried(Connection connection, String sql) throws SQLException {
        try {
            Query.run(connection, sql);
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
