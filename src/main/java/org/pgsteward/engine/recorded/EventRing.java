package org.pgsteward.engine.recorded;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The events of the played scenes, and the clients that wait for more. */
final class EventRing implements AutoCloseable {
    private static final Pattern SPAN = Pattern.compile("(since|until)=(\\d+(?:\\.\\d+)?)");

    private final Clock clock;
    private final List<ObjectNode> happened = new ArrayList<>();
    private boolean closed;

    EventRing(Clock clock) {
        this.clock = clock;
    }

    /**
     * Adds an event with the current time. The time is at least one microsecond after the previous event's, so that the
     * order in time is the order of the recording.
     */
    synchronized void happen(ObjectNode recorded) {
        long last = happened.isEmpty() ? 0 : nanos(happened.get(happened.size() - 1));
        Instant now = clock.instant();
        long nanos = Math.max(last + 1_000, now.getEpochSecond() * 1_000_000_000 + now.getNano());
        ObjectNode event = recorded.deepCopy();
        event.put("time", nanos / 1_000_000_000);
        event.put("timeNano", nanos);
        happened.add(event);
        notifyAll();
    }

    /** Answers {@code /events}. Without {@code until}, the answer ends when the client disconnects. */
    void stream(HttpExchange exchange) throws IOException {
        String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
        long until = span(query, "until").orElse(Long.MAX_VALUE);
        long since = span(query, "since").orElseGet(() -> clock.millis() * 1_000_000);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.flush();
        int next = 0;
        for (List<ObjectNode> more = after(next, until); !more.isEmpty(); more = after(next, until)) {
            for (ObjectNode event : more) {
                if (nanos(event) >= since && nanos(event) <= until) {
                    out.write((event + "\n").getBytes(StandardCharsets.UTF_8));
                }
            }
            out.flush();
            next += more.size();
        }
    }

    /** Returns the events from a position on. It waits for them if the stream is endless; empty means the end. */
    private synchronized List<ObjectNode> after(int position, long until) {
        try {
            while (until == Long.MAX_VALUE && position >= happened.size() && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
        return closed ? List.of() : List.copyOf(happened.subList(position, happened.size()));
    }

    private static Optional<Long> span(String query, String name) {
        Matcher found = SPAN.matcher(query);
        while (found.find()) {
            if (found.group(1).equals(name)) {
                return Optional.of(
                        new BigDecimal(found.group(2)).movePointRight(9).longValue());
            }
        }
        return Optional.empty();
    }

    private static long nanos(ObjectNode event) {
        return event.path("timeNano").asLong();
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
