package org.pgsteward.backup.restore;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a file of globals says, statement by statement, as far as it is such as {@code pg_dumpall --globals-only} writes.
 * Pure.
 *
 * <p>It is run by a superuser, where backups are proved and where a server is rebuilt, and to {@code psql} a line may say
 * {@code \!} as well: run a program. So whoever can write into the store could run one. Hence the opposite of a
 * blacklist: a statement has one of few forms, and outside its quotes nothing that is read otherwise than SQL.
 *
 * @param statements in the file's order
 * @param leftOut known, and of no use anywhere else: labels of a module that only the server that had it has loaded
 * @param strange what has no known form, each by its number and first words, since more may be a secret
 * @param oversized what is too long to be run, each by what it is, whose, and how long. A role may give itself settings of
 *     any length, which must not cost the other roles anything
 */
record Globals(List<Statement> statements, List<String> leftOut, List<String> strange, List<String> oversized) {
    /** Characters of all statements together; ten thousand roles are some three million. */
    static final int LARGEST = 6 * 1024 * 1024;

    /** Characters of all settings of one role. */
    static final int LARGEST_OF_A_ROLE = 256 * 1024;

    /** So many statements of a sort are named. */
    private static final int NAMED = 50;

    /** PostgreSQL's names have 63 bytes, and each may be a quote that is written twice. */
    static final String NAME = "(?:[a-z_][a-z0-9_]{0,200}|\"(?:[^\"]|\"\"){1,200}\")";

    private static final String TEXT = "(?: ?E)?'.*'";

    /** Client encodings in which a byte of a letter may be a backslash or a quote are not among them. */
    private static final Pattern ENCODING =
            form("SET client_encoding = '(UTF8|SQL_ASCII|LATIN\\d+|ISO_8859_\\d|WIN\\d+|KOI8[RU]|EUC_\\w+)'");

    private static final Pattern OF_THE_SESSION =
            form("SET (?:default_transaction_read_only = off|standard_conforming_strings = on"
                    + "|escape_string_warning = off)");

    private static final Pattern CREATE = form("CREATE ROLE (" + NAME + ")");

    /** The granted role first. */
    private static final Pattern GRANT = form("GRANT (" + NAME + ") TO (" + NAME + ")(?: WITH [A-Z, ]+)?");

    /** In a cluster whose first superuser is called otherwise, nobody may grant in the name of the old one. */
    private static final Pattern GRANTOR = form("(GRANT .*) GRANTED BY " + NAME);

    private static final Pattern SETTING =
            form("ALTER ROLE (" + NAME + ") SET " + NAME + "(?:\\." + NAME + "){0,5} TO .+");

    /** The beginning of one that is too long: whose it is, and of a setting which. */
    private static final Pattern ALTERS = form("ALTER ROLE (" + NAME + ") (?:SET (" + NAME + ")|WITH ).*");

    private static final List<Pattern> OTHERS = List.of(
            form("ALTER ROLE (" + NAME + ") WITH [A-Z ]+(?:-?\\d+)?(?: PASSWORD " + TEXT + ")?(?: VALID UNTIL " + TEXT
                    + ")?"),
            SETTING,
            form("COMMENT ON ROLE (" + NAME + ") IS " + TEXT),
            form("(?:GRANT|REVOKE) [A-Z, ]+ ON PARAMETER " + NAME + "(?:\\." + NAME + "){0,5} (?:TO|FROM) (PUBLIC|"
                    + NAME + ")(?: WITH GRANT OPTION)?"));

    private static final Pattern LABEL =
            form("SECURITY LABEL FOR " + NAME + " ON ROLE (" + NAME + ") IS (?:NULL|" + TEXT + ")");

    private static final Pattern FIRST_WORDS = form("\\s*([A-Za-z\\\\]+(?: [A-Z]+)?).*");

    /** Ours: they are made anew when they are wanted. */
    private static final Pattern OURS = form("pgsteward_(restore|recovery|count_).*");

    /**
     * One statement.
     *
     * @param creates whether it makes the role
     * @param role that it is about; of a membership, the member
     * @param granted the role that it makes {@code role} a member of; empty for any other statement
     */
    record Statement(String sql, boolean creates, String role, String granted) {}

    /** @param file as it lies in the store before it was compressed, byte by byte */
    static Globals of(byte[] file) {
        Reading reading = new Reading();
        reading.write(file, 0, file.length);
        return reading.done();
    }

    /** Reads a file as it comes in. */
    static final class Reading {
        // Split before it is decoded, as psql does: no byte of a letter is a quote in the encodings that are let in.
        private final SqlSplitter splitter = new SqlSplitter(this::take);
        private final List<Statement> statements = new ArrayList<>();
        private final List<String> leftOut = new ArrayList<>();
        private final List<String> strange = new ArrayList<>();
        private final List<String> oversized = new ArrayList<>();
        private final Map<String, Long> settings = new HashMap<>();
        private Charset charset = StandardCharsets.UTF_8;
        private int number;
        private long kept;

        void write(byte[] bytes, int offset, int length) {
            for (int at = offset; at < offset + length; at++) {
                splitter.accept((char) (bytes[at] & 0xff));
            }
        }

        private void take(SqlScript.Statement statement) {
            number++;
            String sql = statement.sql();
            if (statement.isOversized()) {
                note(oversized, tooLong(number, sql, statement.length()));
                return;
            }
            Matcher encoding = ENCODING.matcher(sql);
            if (!statement.plain()) {
                note(strange, shown(number, sql));
            } else if (encoding.matches()) {
                charset = charset(encoding.group(1));
            } else if (LABEL.matcher(sql).matches()) {
                note(leftOut, shown(number, sql));
            } else if (!OF_THE_SESSION.matcher(sql).matches() && isWithinLimits(sql)) {
                try {
                    add(decoded(sql, charset), number, statements, strange);
                } catch (CharacterCodingException e) {
                    note(strange, "statement " + number + " is not in the encoding " + charset);
                }
            }
        }

        private boolean isWithinLimits(String sql) {
            Matcher setting = SETTING.matcher(sql);
            if (setting.matches()
                    && settings.merge(setting.group(1), (long) sql.length(), Long::sum) > LARGEST_OF_A_ROLE) {
                note(oversized, tooLong(number, sql, settings.getOrDefault(setting.group(1), 0L)));
                return false;
            }
            kept += sql.length();
            if (kept > LARGEST) {
                if (kept - sql.length() <= LARGEST) {
                    note(
                            strange,
                            "statement " + number + " and what follows it are not read: roles have never more than "
                                    + LARGEST + " bytes");
                }
                return false;
            }
            return true;
        }

        Globals done() {
            String unread = splitter.end();
            if (!unread.isEmpty()) {
                note(
                        strange,
                        "statement " + (number + 1) + " is none that pg_dumpall writes (" + unread
                                + "), and what follows it is not read");
            }
            return new Globals(merged(statements), List.copyOf(leftOut), List.copyOf(strange), List.copyOf(oversized));
        }
    }

    /** From version 16 on, each grantor may grant a membership with other options. As one grant it has all of them. */
    private static List<Statement> merged(List<Statement> statements) {
        Map<String, Statement> memberships = new LinkedHashMap<>();
        Map<String, Integer> grants = new HashMap<>();
        for (Statement statement : statements) {
            if (!statement.granted().isEmpty()) {
                String key = membership(statement);
                memberships.merge(key, statement, Globals::union);
                grants.merge(key, 1, Integer::sum);
            }
        }
        List<Statement> merged = new ArrayList<>();
        for (Statement statement : statements) {
            String key = membership(statement);
            if (statement.granted().isEmpty() || grants.getOrDefault(key, 0) == 1) {
                merged.add(statement);
            } else if (memberships.containsKey(key)) {
                merged.add(Objects.requireNonNull(memberships.remove(key)));
            }
        }
        return List.copyOf(merged);
    }

    private static String membership(Statement statement) {
        return statement.granted() + "\0" + statement.role();
    }

    private static Statement union(Statement one, Statement other) {
        String both = one.sql() + ", " + other.sql();
        List<String> options = new ArrayList<>();
        if (both.matches("(?s).* ADMIN (OPTION|TRUE)\\b.*")) {
            options.add("ADMIN OPTION");
        }
        if (both.contains("INHERIT TRUE")) {
            options.add("INHERIT TRUE");
        } else if (both.contains("INHERIT FALSE")) {
            options.add("INHERIT FALSE");
        }
        // True is not written.
        if (one.sql().contains("SET FALSE") && other.sql().contains("SET FALSE")) {
            options.add("SET FALSE");
        }
        Matcher grant = GRANT.matcher(one.sql());
        String granted = grant.matches() ? "GRANT " + grant.group(1) + " TO " + grant.group(2) : one.sql();
        return new Statement(
                granted + (options.isEmpty() ? "" : " WITH " + String.join(", ", options)),
                false,
                one.role(),
                one.granted());
    }

    private static void note(List<String> notes, String words) {
        if (notes.size() < NAMED) {
            notes.add(words);
        } else if (notes.size() == NAMED) {
            notes.add("and more");
        }
    }

    private static void add(String given, int number, List<Statement> statements, List<String> strange) {
        Matcher grantor = GRANTOR.matcher(given);
        String sql = grantor.matches() ? grantor.group(1) : given;
        Matcher create = CREATE.matcher(sql);
        Matcher grant = GRANT.matcher(sql);
        if (create.matches()) {
            statements.add(new Statement(sql, true, SqlScript.unquoted(create.group(1)), ""));
            return;
        }
        if (grant.matches()) {
            statements.add(
                    new Statement(sql, false, SqlScript.unquoted(grant.group(2)), SqlScript.unquoted(grant.group(1))));
            return;
        }
        for (Pattern form : OTHERS) {
            Matcher other = form.matcher(sql);
            if (other.matches()) {
                statements.add(new Statement(sql, false, SqlScript.unquoted(other.group(1)), ""));
                return;
            }
        }
        note(strange, shown(number, sql));
    }

    /** Those about {@code kept} left out, and those of ours: they stay as the server has them. */
    Globals without(Set<String> kept) {
        return new Globals(
                statements.stream()
                        .filter(statement -> !kept.contains(statement.role())
                                && !OURS.matcher(statement.role()).matches())
                        .toList(),
                leftOut,
                strange,
                oversized);
    }

    /** Which of these roles it changes, or makes somebody a member of. */
    List<String> touches(Set<String> roles) {
        return statements.stream()
                .flatMap(statement -> List.of(statement.role(), statement.granted()).stream())
                .filter(roles::contains)
                .distinct()
                .toList();
    }

    /** Writes it for {@code psql}, with its encoding, UTF-8, first. */
    void writeScript(OutputStream target) throws IOException {
        target.write("SET client_encoding = 'UTF8';\n".getBytes(StandardCharsets.UTF_8));
        for (Statement statement : statements) {
            target.write((statement.sql() + ";\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private static String decoded(String bytes, Charset charset) throws CharacterCodingException {
        return charset.newDecoder()
                .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
                .toString();
    }

    /** PostgreSQL's names are Java's but for a few. What has no encoding is taken for the usual one. */
    static Charset charset(String name) {
        String java = name.startsWith("WIN")
                ? "windows-" + name.substring(3)
                : name.replaceFirst("^KOI8", "KOI8-").replaceFirst("^SQL_ASCII$", "UTF-8");
        return Charset.isSupported(java) ? Charset.forName(java) : StandardCharsets.US_ASCII;
    }

    private static String tooLong(int number, String sql, long length) {
        Matcher alters = ALTERS.matcher(sql);
        String what = "statement " + number;
        if (alters.matches()) {
            what = alters.group(2) == null
                    ? "the options and the password of role " + alters.group(1)
                    : "setting " + alters.group(2) + " of role " + alters.group(1);
        }
        return what + ": too long to be run, with " + length + " bytes";
    }

    private static String shown(int number, String sql) {
        Matcher words = FIRST_WORDS.matcher(sql);
        return "statement " + number + " is none that pg_dumpall writes"
                + (words.matches() ? " (" + words.group(1).toUpperCase(Locale.ROOT) + " ...)" : "");
    }

    private static Pattern form(String form) {
        return Pattern.compile(form, Pattern.DOTALL);
    }
}
