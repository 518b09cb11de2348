package org.pgsteward.backup.restore;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.ResultSettings;

/** Reads a file of globals while it arrives, and takes the statements that have one of the known forms. */
final class GlobalsReading {
    /** The limit of all statements together, in characters; ten thousand roles have some three million. */
    static final int LARGEST = 6 * 1024 * 1024;

    /** The limit of all settings of one role, in characters. */
    static final int LARGEST_OF_A_ROLE = 256 * 1024;

    private static final String UNKNOWN_FORM = " has a form that pg_dumpall does not write";

    /** The limit of notes of one kind. */
    private static final int NAMED = 50;

    /** One SQL literal. Matching is not recursive, so the literal may have any length. */
    private static final String TEXT =
            "(?:" + ResultSettings.LITERAL + "| ?E'[^'\\\\]*+(?:(?=''|\\\\)..[^'\\\\]*+)*+')";

    /** The options of a role, as {@code pg_dumpall} writes them: nothing may follow the expiry of the password. */
    private static final String OPTIONS =
            "(?: (?:NO)?(?:SUPERUSER|INHERIT|CREATEROLE|CREATEDB|LOGIN|REPLICATION|BYPASSRLS)){1,20}"
                    + "(?: CONNECTION LIMIT -?\\d{1,10})?(?: PASSWORD " + TEXT + ")?(?: VALID UNTIL " + TEXT + ")?";

    /** The accepted client encodings. In the others, a byte of a character may be a backslash or a quote. */
    private static final Pattern ENCODING =
            form("SET client_encoding = '(UTF8|SQL_ASCII|LATIN\\d+|ISO_8859_\\d|WIN\\d+|KOI8[RU]|EUC_\\w+)'");

    private static final Pattern OF_THE_SESSION =
            form("SET (?:default_transaction_read_only = off|standard_conforming_strings = on"
                    + "|escape_string_warning = off)");

    private static final Pattern CREATE = form("CREATE ROLE (" + Globals.NAME + ")");

    /**
     * The grantor of a grant, which is removed. If the first superuser of a cluster has another name, no role may grant
     * in the name of the old one.
     */
    private static final Pattern GRANTOR = form("(GRANT .*) GRANTED BY " + Globals.NAME);

    private static final Pattern SETTING = form("ALTER ROLE (" + Globals.NAME + ") SET " + Globals.SETTING + " TO .+");

    /** The beginning of a statement that is too long, with its role and the name of a setting. */
    private static final Pattern ALTERS =
            form("ALTER ROLE (" + Globals.NAME + ") (?:SET (" + Globals.NAME + ")|WITH ).*");

    private static final List<Pattern> OTHERS = List.of(
            form("ALTER ROLE (" + Globals.NAME + ") WITH" + OPTIONS),
            SETTING,
            form("COMMENT ON ROLE (" + Globals.NAME + ") IS " + TEXT),
            form("(?:GRANT|REVOKE) [A-Z, ]+ ON PARAMETER " + Globals.SETTING + " (?:TO|FROM) (PUBLIC|" + Globals.NAME
                    + ")(?: WITH GRANT OPTION)?"));

    private static final Pattern LABEL =
            form("SECURITY LABEL FOR " + Globals.NAME + " ON ROLE (" + Globals.NAME + ") IS (?:NULL|" + TEXT + ")");

    private static final Pattern FIRST_WORDS = form("\\s*([A-Za-z\\\\]+(?: [A-Z]+)?).*");

    // The bytes are split before they are decoded, as psql does it. In the accepted encodings, no byte of a character
    // is a quote.
    private final SqlSplitter splitter = new SqlSplitter(this::take);
    private final List<Globals.Statement> statements = new ArrayList<>();
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
            note(strange, shown(number, sql) + UNKNOWN_FORM);
        } else if (encoding.matches()) {
            charset = charset(encoding.group(1));
        } else if (LABEL.matcher(sql).matches()) {
            note(leftOut, shown(number, sql) + " has no use on another server");
        } else if (!OF_THE_SESSION.matcher(sql).matches() && isWithinLimits(sql)) {
            try {
                add(decoded(sql, charset));
            } catch (CharacterCodingException e) {
                note(strange, "statement " + number + " is not in the encoding " + charset);
            }
        }
    }

    private boolean isWithinLimits(String sql) {
        Matcher setting = SETTING.matcher(sql);
        if (setting.matches() && settings.merge(setting.group(1), (long) sql.length(), Long::sum) > LARGEST_OF_A_ROLE) {
            note(oversized, tooLong(number, sql, settings.getOrDefault(setting.group(1), 0L)));
            return false;
        }
        kept += sql.length();
        if (kept > LARGEST) {
            if (kept - sql.length() <= LARGEST) {
                note(
                        strange,
                        "statement " + number + " and the rest of the file are not read: the limit is " + LARGEST
                                + " bytes");
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
                    "statement " + (number + 1) + " (" + unread + ")" + UNKNOWN_FORM
                            + "; the rest of the file is not read");
        }
        return new Globals(
                Memberships.merged(statements), List.copyOf(leftOut), List.copyOf(strange), List.copyOf(oversized));
    }

    private static void note(List<String> notes, String words) {
        if (notes.size() < NAMED) {
            notes.add(words);
        } else if (notes.size() == NAMED) {
            notes.add("and more");
        }
    }

    private void add(String given) {
        Matcher grantor = GRANTOR.matcher(given);
        String sql = grantor.matches() ? grantor.group(1) : given;
        Matcher create = CREATE.matcher(sql);
        Matcher grant = Memberships.GRANT.matcher(sql);
        if (create.matches()) {
            statements.add(new Globals.Statement(sql, true, SqlScript.unquoted(create.group(1)), ""));
            return;
        }
        if (grant.matches()) {
            statements.add(new Globals.Statement(
                    sql, false, SqlScript.unquoted(grant.group(2)), SqlScript.unquoted(grant.group(1))));
            return;
        }
        for (Pattern form : OTHERS) {
            Matcher other = form.matcher(sql);
            if (other.matches()) {
                statements.add(new Globals.Statement(sql, false, SqlScript.unquoted(other.group(1)), ""));
                return;
            }
        }
        note(strange, shown(number, sql) + UNKNOWN_FORM);
    }

    private static String decoded(String bytes, Charset charset) throws CharacterCodingException {
        return charset.newDecoder()
                .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
                .toString();
    }

    /** Returns Java's charset for a PostgreSQL encoding; most names are the same. SQL_ASCII is read as UTF-8. */
    static Charset charset(String name) {
        String java = name.startsWith("WIN")
                ? "windows-" + name.substring(3)
                : name.replaceFirst("^KOI8", "KOI8-").replaceFirst("^SQL_ASCII$", "UTF-8");
        return Charset.isSupported(java) ? Charset.forName(java) : StandardCharsets.US_ASCII;
    }

    private static String tooLong(int number, String sql, long length) {
        Matcher alters = ALTERS.matcher(sql);
        String subject = "statement " + number;
        if (alters.matches()) {
            subject = alters.group(2) == null
                    ? "the options and the password of role " + alters.group(1)
                    : "setting " + alters.group(2) + " of role " + alters.group(1);
        }
        return subject + ": too long to run, with " + length + " bytes";
    }

    private static String shown(int number, String sql) {
        Matcher words = FIRST_WORDS.matcher(sql);
        return "statement " + number
                + (words.matches() ? " (" + words.group(1).toUpperCase(Locale.ROOT) + " ...)" : "");
    }

    private static Pattern form(String form) {
        return Pattern.compile(form, Pattern.DOTALL);
    }
}
