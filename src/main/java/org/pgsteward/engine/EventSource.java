package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.core.util.FiltersEncoder;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Client of the engine's event API. It requests an endless stream, or the events of a past span of time. */
final class EventSource {
    // The filter lists the wanted events, because each health check of each container makes three exec_* events with
    // its command line. "connect" and "disconnect" are events of networks: a container may join the database's network
    // long after its start. "health_status" also matches "health_status: healthy".
    private static final Map<String, List<String>> FILTERS = Map.of(
            "type",
            List.of("container", "network"),
            "event",
            List.of(
                    "create",
                    "start",
                    "restart",
                    "die",
                    "oom",
                    "stop",
                    "kill",
                    "pause",
                    "unpause",
                    "rename",
                    "update",
                    "destroy",
                    "health_status",
                    "connect",
                    "disconnect"));

    /** The most events of a past span that are read. The engine remembers 256. */
    private static final int MOST_REMEMBERED = 1024;

    private static final String EVENTS = "events";

    private final DockerEngine engine;
    private final Clock clock;

    EventSource(DockerEngine engine, Clock clock) {
        this.engine = engine;
        this.clock = clock;
    }

    /**
     * Returns the engine's time, rounded down to a second. Requests use the engine's time. With pgsteward's time, a
     * clock ahead of the engine's would make the engine wait for the future. A clock behind it would hide the newest
     * events.
     *
     * @throws EngineAway if the engine does not answer
     */
    Instant now() throws IOException {
        try (DockerHttpClient.Response answer = engine.get("/_ping")) {
            engine.expectOk(answer, "ping");
            return Optional.ofNullable(answer.getHeader("Date"))
                    .flatMap(EventSource::date)
                    // If a proxy removed the Date header, pgsteward's own time minus one second is the best estimate.
                    .orElseGet(() -> clock.instant().minus(Duration.ofSeconds(1)));
        }
    }

    private static Optional<Instant> date(String header) {
        try {
            return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(header, Instant::from));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * Opens a stream of all events since then that the engine still remembers (its last 256), and of all later events.
     *
     * @throws EngineAway if the engine does not answer, or answers with an error
     */
    EventStream follow(Instant since) throws IOException {
        DockerHttpClient.Response answer = engine.get(filtered("/events?since=" + written(since)));
        try {
            engine.expectOk(answer, EVENTS);
            return new EventStream(answer);
        } catch (IOException | RuntimeException e) {
            answer.close();
            throw e;
        }
    }

    /**
     * Returns the events of a span that is past by the engine's clock. Each event carries all labels of its container,
     * so the answer may be long. It is read while it arrives.
     *
     * @throws EngineAway if the engine does not answer in time, or answers with an error
     */
    List<Event> between(Instant since, Instant until) {
        return engine.read(
                filtered("/events?since=" + written(since) + "&until=" + written(until)), EVENTS, EventSource::events);
    }

    private static List<Event> events(InputStream body) throws IOException {
        EventReader span = new EventReader(body);
        List<Event> happened = new ArrayList<>();
        for (Optional<Event> event = span.next();
                event.isPresent() && happened.size() < MOST_REMEMBERED;
                event = span.next()) {
            happened.add(event.get());
        }
        return happened;
    }

    private static String filtered(String path) {
        return path + "&filters=" + URLEncoder.encode(FiltersEncoder.jsonEncode(FILTERS), StandardCharsets.UTF_8);
    }

    /**
     * Formats a time as seconds with a decimal point. The API would take milliseconds for seconds of a distant year.
     */
    static String written(Instant at) {
        return String.format(Locale.ROOT, "%d.%09d", at.getEpochSecond(), at.getNano());
    }
}
