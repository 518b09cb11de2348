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
 * A part of a container's log: its standard output and standard error.
 *
 * @param lines in order
 * @param cut whether lines are missing because the log exceeded the limit of one read
 */
public record ContainerLog(List<Line> lines, boolean cut) {
    /** The most bytes of one read. */
    static final int MOST_BYTES = 1024 * 1024;

    /**
     * The most of Docker's log entries that one read asks for. They are the newest, so Docker need not search its file
     * from the start.
     */
    static final int MOST_LINES = 5000;

    /** The most characters that are kept of a line. */
    private static final int LONGEST = 8192;

    /**
     * The length, in bytes, of the header before each entry of a container without a terminal: the stream, three zeros,
     * the length.
     */
    private static final int HEADER = 8;

    public ContainerLog {
        lines = List.copyOf(lines);
    }

    /**
     * One line of the log.
     *
     * @param at when the engine received the line, by the engine's clock
     * @param text without its line end, cut at 8 KiB
     */
    public record Line(Instant at, String text) {}

    /**
     * Parses an answer to {@code /containers/…/logs?timestamps=1}.
     *
     * @param body the part of the answer that was read
     */
    static ContainerLog of(byte[] body) {
        boolean terminal = !isHeader(body, 0);
        List<Line> lines = new ArrayList<>();
        int entries = terminal ? ofTerminal(body, lines) : ofStreams(body, lines);
        boolean cut = entries >= MOST_LINES || body.length >= MOST_BYTES;
        // Docker splits a long line into entries and counts each. If the limit of MOST_LINES entries was reached, the
        // answer may begin in the middle of a line. The author of that line can make its rest look like any other line,
        // so the first line is dropped.
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

    /**
     * Joins the entries of each line: only the last entry of a line ends with a line feed. An entry that the end of the
     * body cut off is dropped.
     */
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

    /** A line whose last entry has not been read. Each entry begins with its time. */
    private static final class Unfinished {
        private Optional<Instant> at = Optional.empty();
        private final StringBuilder text = new StringBuilder();

        /** Appends an entry, and returns whether it is the line's last. */
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
