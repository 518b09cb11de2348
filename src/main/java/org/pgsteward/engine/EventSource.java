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

/** Asks the engine for events: as an endless stream, or for a span of time that is over. */
final class EventSource {
    // A positive list, because each health check of each container makes three exec_* events, which carry its command
    // line. "connect" and "disconnect" are of networks: a database may come within a container's reach long after its
    // start. "health_status" also lets "health_status: healthy" through.
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

    /** The engine remembers 256. */
    private static final int MOST_REMEMBERED = 1024;

    private static final String EVENTS = "events";

    private final DockerEngine engine;
    private final Clock clock;

    EventSource(DockerEngine engine, Clock clock) {
        this.engine = engine;
        this.clock = clock;
    }

    /**
     * What the engine's clock says, rounded down to a second. Spans are asked for in the engine's time: with ours, a
     * clock that runs ahead would have the engine wait for the future, and one behind would hide the newest events.
     *
     * @throws EngineAway when nobody answers
     */
    Instant now() throws IOException {
        try (DockerHttpClient.Response answer = engine.get("/_ping")) {
            engine.expectOk(answer, "ping");
            return Optional.ofNullable(answer.getHeader("Date"))
                    .flatMap(EventSource::date)
                    // A proxy took the date away: our own clock, a little back, is the best guess.
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
     * What has happened since then, as far as the engine still knows (its last 256 events), and all that follows.
     *
     * @throws EngineAway when nobody answers, or the answer is a refusal
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
     * What happened in a span of time that is over by the engine's clock. Each event carries all labels of its container, so
     * the answer may be long; it is read while it comes in.
     *
     * @throws EngineAway when nobody answers, the answer is a refusal, or it is not there in time
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

    /** The API reads seconds with a decimal point; milliseconds would mean a year far away. */
    static String written(Instant at) {
        return String.format(Locale.ROOT, "%d.%09d", at.getEpochSecond(), at.getNano());
    }
}
