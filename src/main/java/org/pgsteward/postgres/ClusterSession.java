package org.pgsteward.postgres;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * A session of the administrator in a {@link ThrowawayCluster}, which stays open from one statement to the next. The start
 * of a {@code psql} and of its server process takes longer than most statements.
 *
 * <ol>
 *   <li>After the statements, {@code psql} prints a line that no output can contain. It is the end of the answer.
 *   <li>Each call begins without the settings of the call before.
 *   <li>After a call in another database, the session returns to {@code postgres}. So no administrator is connected to a
 *       database while code of a dump runs there.
 *   <li>Each call is part of the work that makes it: if that is cancelled, {@code psql} ends.
 *   <li>A failed statement ends {@code psql}. The next call starts another one.
 * </ol>
 */
final class ClusterSession implements AutoCloseable {
    /** The database in which the session begins. */
    static final String HOME = "postgres";

    /** Names that need no quotes in {@code \connect}. */
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    private final UnprivilegedUser user;
    private final List<String> command;
    private final Map<String, String> environment;
    private Optional<ClientProgram> psql = Optional.empty();

    /** @param command a psql that reads its standard input in the database {@code postgres}, and stops at an error */
    ClusterSession(UnprivilegedUser user, List<String> command, Map<String, String> environment) {
        this.user = user;
        this.command = command;
        this.environment = environment;
    }

    /** Returns whether {@link #sql} can connect to this database. */
    static boolean knows(String database) {
        return PLAIN.matcher(database).matches();
    }

    /** Runs SQL and returns the rows, columns separated by {@code |}. */
    synchronized String sql(String database, String sql) throws IOException, InterruptedException {
        ClientProgram open = psql.isPresent() ? psql.get() : start();
        String end = "end-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong())
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        boolean answered = false;
        AtomicBoolean isOver = new AtomicBoolean();
        open.endWithPresentWork(isOver);
        try {
            Optional<String> answer = exchange(open, question(database, sql, end), end);
            answered = answer.isPresent();
            if (answered) {
                return answer.get();
            }
            open.awaitSuccess();
            throw new IOException("psql ended before its answer");
        } finally {
            boolean killed = isOver.getAndSet(true);
            if (killed || !answered) {
                close();
            }
        }
    }

    private ClientProgram start() throws IOException {
        // It belongs to no work: each call adds itself.
        try (Progress.Binding none = new Progress("", false).bind()) {
            Objects.requireNonNull(none);
            ClientProgram started = ClientProgram.start(user, command, environment);
            psql = Optional.of(started);
            return started;
        }
    }

    private static String question(String database, String sql, String end) {
        boolean away = !database.equals(HOME);
        return (away ? "\\connect " + database + "\n" : "RESET ALL;\n") + sql + "\n;\n\\echo " + end + "\n"
                + (away ? "\\connect " + HOME + "\n" : "");
    }

    /** Returns the answer; empty if psql ended before. */
    private static Optional<String> exchange(ClientProgram psql, String question, String end) throws IOException {
        OutputStream stdin = psql.input();
        try {
            stdin.write(question.getBytes(StandardCharsets.UTF_8));
            stdin.flush();
        } catch (IOException broken) {
            // psql has ended, and its exit code and errors show why.
            return Optional.empty();
        }
        return read(psql.output(), ("\n" + end + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<String> read(InputStream stdout, byte[] end) throws IOException {
        Answer answer = new Answer();
        // The end follows a line break, also in an answer without rows.
        answer.write('\n');
        byte[] buffer = new byte[8192];
        for (int read = stdout.read(buffer); read >= 0; read = stdout.read(buffer)) {
            answer.write(buffer, 0, read);
            if (answer.endsWith(end)) {
                return Optional.of(answer.before(end));
            }
            if (answer.size() > ClientProgram.MOST_PRINTED) {
                throw new IOException("psql printed more than " + ClientProgram.MOST_PRINTED + " bytes, the limit");
            }
        }
        return Optional.empty();
    }

    /** The bytes of an answer, after a line break. */
    private static final class Answer extends ByteArrayOutputStream {
        boolean endsWith(byte[] end) {
            return count >= end.length && Arrays.equals(buf, count - end.length, count, end, 0, end.length);
        }

        String before(byte[] end) {
            return new String(buf, 1, count - end.length, StandardCharsets.UTF_8);
        }
    }

    /** Ends psql. The next call starts another one. */
    @Override
    public synchronized void close() {
        psql.ifPresent(ClientProgram::close);
        psql = Optional.empty();
    }
}
