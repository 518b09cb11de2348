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

/** The engine's events: as an endless stream, or for a span of time in the past. */
final class EventSource {
    // A positive list, because each health check of each container makes three exec_* events, which carry its command
    // line. "connect" and "disconnect" are events of networks: a container may join the network of a database long
    // after
    // its start. "health_status" also selects "health_status: healthy".
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

    private final EngineHttp http;
    private final Clock clock;

    EventSource(DockerEngine engine, Clock clock) {
        this.http = engine.http();
        this.clock = clock;
    }

    /**
     * Returns the time of the engine's clock, rounded down to a second. Spans are in the engine's time: a clock of this host
     * that is fast would make the engine wait for the future, and a slow one would hide the newest events.
     *
     * @throws EngineAway if the engine does not answer
     */
    Instant now() throws IOException {
        try (DockerHttpClient.Response answer = http.get("/_ping")) {
            http.expectOk(answer, "ping");
            return Optional.ofNullable(answer.getHeader("Date"))
                    .flatMap(EventSource::date)
                    // A proxy removed the header. The best estimate is this host's clock, a little earlier.
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
     * Returns the events since then, as far as the engine keeps them (its last 256), and all later ones.
     *
     * @throws EngineAway if the engine does not answer, or refuses the request
     */
    EventStream follow(Instant since) throws IOException {
        DockerHttpClient.Response answer = http.get(filtered("/events?since=" + written(since)));
        try {
            http.expectOk(answer, EVENTS);
            return new EventStream(answer);
        } catch (IOException | RuntimeException e) {
            answer.close();
            throw e;
        }
    }

    /**
     * Returns the events of a span of time that is in the past by the engine's clock. Each event has all labels of its
     * container, so the response may be long. It is read while it arrives.
     *
     * @throws EngineAway if the engine does not answer in time, or refuses the request
     */
    List<Event> between(Instant since, Instant until) {
        return http.read(
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

    /** Returns a time for the API, which expects seconds with a decimal point; it would take milliseconds for a distant year. */
    static String written(Instant at) {
        return String.format(Locale.ROOT, "%d.%09d", at.getEpochSecond(), at.getNano());
    }
}
