package org.pgsteward.backup.restore;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a file of globals says, statement by statement, as far as it is such as {@code pg_dumpall --globals-only} writes.
 * {@link GlobalsReading} reads it. Pure.
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
    /** PostgreSQL's names have 63 bytes, and each may be a quote that is written twice. */
    static final String NAME = "(?:[a-z_][a-z0-9_]{0,200}|\"(?:[^\"]|\"\"){1,200}\")";

    /** Ours: they are made anew when they are wanted. */
    private static final Pattern OURS = Pattern.compile("pgsteward_(restore|recovery|count_).*", Pattern.DOTALL);

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
        GlobalsReading reading = new GlobalsReading();
        reading.write(file, 0, file.length);
        return reading.done();
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
}
