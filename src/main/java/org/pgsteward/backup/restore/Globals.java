package org.pgsteward.backup.restore;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The statements of a file of globals, as far as {@code pg_dumpall --globals-only} writes such statements. {@link
 * GlobalsReading} reads the file. Pure.
 *
 * <p>A superuser runs the file, both in a verification and in a recovery. For {@code psql}, a line can also contain
 * {@code \!}, which runs a program. So any program with write access to the store could run programs. Therefore only
 * known statements are accepted: each has one of few forms, and no character outside its quotes has a meaning beyond
 * SQL.
 *
 * @param statements the statements in the file's order
 * @param leftOut known statements without use on another server: labels of a module that only the old server has loaded
 * @param strange statements without a known form, each by its number and first words, since the rest may be a secret
 * @param oversized statements that are too long to run, each by its kind, its role and its length. A role may give
 *     itself settings of any length, and these must not affect the other roles
 */
record Globals(List<Statement> statements, List<String> leftOut, List<String> strange, List<String> oversized) {
    /**
     * The keywords that PostgreSQL reads in the place of a role: without quotes they are the administrator who runs the
     * file, or all roles. {@code pg_dumpall} quotes a role of such a name.
     */
    static final String ROLE_KEYWORDS = "all|current_role|current_user|session_user";

    /** The form of a name. PostgreSQL's names have 63 bytes, and each byte may be a quote that is written twice. */
    static final String NAME = "(?:(?!(?:" + ROLE_KEYWORDS + ")\\b)[a-z_][a-z0-9_]{0,200}|\"(?:[^\"]|\"\"){1,200}\")";

    /** The form of a setting's name, with the prefix of an extension if it has one. */
    static final String SETTING = NAME + "(?:\\." + NAME + "){0,5}";

    /** pgsteward's own roles, which are created anew when they are needed. */
    private static final Pattern OURS = Pattern.compile("pgsteward_(restore|recovery|count_).*", Pattern.DOTALL);

    /**
     * One statement.
     *
     * @param creates whether the statement creates the role
     * @param role the role of the statement; the member of a membership
     * @param granted the role of which {@code role} becomes a member; empty for any other statement
     */
    record Statement(String sql, boolean creates, String role, String granted) {}

    /** @param file the uncompressed bytes of the file in the store */
    static Globals of(byte[] file) {
        GlobalsReading reading = new GlobalsReading();
        reading.write(file, 0, file.length);
        return reading.done();
    }

    /**
     * Returns the globals without the statements about {@code kept} and about pgsteward's own roles, which stay
     * unchanged on the server.
     */
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

    /** Returns the roles among {@code roles} that the statements change or grant to another role. */
    List<String> touches(Set<String> roles) {
        return statements.stream()
                .flatMap(statement -> List.of(statement.role(), statement.granted()).stream())
                .filter(roles::contains)
                .distinct()
                .toList();
    }

    /** Writes the statements for {@code psql}, after a statement that sets their encoding, UTF-8. */
    void writeScript(OutputStream target) throws IOException {
        target.write("SET client_encoding = 'UTF8';\n".getBytes(StandardCharsets.UTF_8));
        for (Statement statement : statements) {
            target.write((statement.sql() + ";\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}
