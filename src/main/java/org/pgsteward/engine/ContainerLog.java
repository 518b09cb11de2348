package org.pgsteward.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A piece of what a container wrote to standard output and standard error.
 *
 * @param lines in their order
 * @param cut whether there was more than is read at a time: some of it is missing
 */
public record ContainerLog(List<Line> lines, boolean cut) {
    /** So many bytes are read at a time. */
    static final int MOST_BYTES = 1024 * 1024;

    /** So many of Docker's own entries, the newest; it need not look for them from the beginning of its file. */
    static final int MOST_LINES = 5000;

    /** Of a line; nobody reads the rest. */
    private static final int LONGEST = 8192;

    /** Before each piece of output where the container has no terminal: the stream, three zeros, the length. */
    private static final int HEADER = 8;

    public ContainerLog {
        lines = List.copyOf(lines);
    }

    /**
     * One line.
     *
     * @param at by the engine's clock, when it came
     * @param text without its end, and without what is longer than 8 KiB
     */
    public record Line(Instant at, String text) {}

    /**
     * Reads an answer to {@code /containers/…/logs?timestamps=1}.
     *
     * @param body as much of it as was read
     */
    static ContainerLog of(byte[] body) {
        boolean terminal = !isHeader(body, 0);
        List<Line> lines = new ArrayList<>();
        int entries = terminal ? ofTerminal(body, lines) : ofStreams(body, lines);
        boolean cut = entries >= MOST_LINES || body.length >= MOST_BYTES;
        // Docker hands on a long line in pieces, and counts each. If there may have been more than MOST_LINES of them,
        // read or not, the answer may begin with the rest of a line, which its author can make look like any line.
        return new ContainerLog(cut && !lines.isEmpty() ? lines.subList(1, lines.size()) : lines, cut);
    }

    private static boolean isHeader(byte[] body, int at) {
        return body.length >= at + HEADER
                && body[at] >= 0
                && body[at] <= 2
                && body[at + 1] == 0
                && body[at + 2] == 0
                && body[at + 3] == 0;
    }

    /** A line comes in one piece or, if it is long, in several without an end; a piece that was cut off is left out. */
    private static int ofStreams(byte[] body, List<Line> lines) {
        Map<Byte, Unfinished> unfinished = new HashMap<>();
        int entries = 0;
        int at = 0;
        while (isHeader(body, at)) {
            int length = ByteBuffer.wrap(body, at + 4, 4).getInt();
            if (length < 0 || length > body.length - at - HEADER) {
                break;
            }
            Unfinished line = unfinished.computeIfAbsent(body[at], stream -> new Unfinished());
            String piece = new String(body, at + HEADER, length, StandardCharsets.UTF_8);
            entries++;
            at += HEADER + length;
            if (line.add(piece)) {
                line.finished().ifPresent(lines::add);
                unfinished.values().remove(line);
            }
        }
        return entries;
    }

    private static int ofTerminal(byte[] body, List<Line> lines) {
        int entries = 0;
        int from = 0;
        for (int at = 0; at < body.length; at++) {
            if (body[at] == '\n') {
                Unfinished line = new Unfinished();
                line.add(new String(body, from, at + 1 - from, StandardCharsets.UTF_8));
                line.finished().ifPresent(lines::add);
                entries++;
                from = at + 1;
            }
        }
        return entries;
    }

    /** A line of which pieces are there; each begins with its time. */
    private static final class Unfinished {
        private Optional<Instant> at = Optional.empty();
        private final StringBuilder text = new StringBuilder();

        /** Whether it is the last piece. */
        boolean add(String piece) {
            int space = piece.indexOf(' ');
            if (at.isEmpty()) {
                at = time(space < 0 ? piece.strip() : piece.substring(0, space));
            }
            String rest = space < 0 ? "" : piece.substring(space + 1);
            text.append(rest, 0, Math.min(rest.length(), Math.max(0, LONGEST - text.length())));
            return piece.endsWith("\n");
        }

        Optional<Line> finished() {
            return at.map(time -> new Line(time, text.toString().replaceFirst("[\\r\\n]+$", "")));
        }

        private static Optional<Instant> time(String text) {
            try {
                return Optional.of(Instant.parse(text));
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }
    }
}
