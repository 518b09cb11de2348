package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A listener that records the events of a feed with their times. */
final class Recorder implements EventFeed.Listener {
    record Note(Event event, Instant at) {}

    private final List<Note> notes = new CopyOnWriteArrayList<>();
    private final AtomicInteger connects = new AtomicInteger();

    @Override
    public void connected() {
        connects.incrementAndGet();
    }

    @Override
    public void heard(Event event) {
        notes.add(new Note(event, Instant.now()));
    }

    int connects() {
        return connects.get();
    }

    List<Note> notes() {
        return List.copyOf(notes);
    }

    /** Returns the events as texts such as {@code start web}. */
    List<String> actions() {
        return notes.stream().map(note -> text(note.event())).toList();
    }

    private static String text(Event event) {
        return event.getAction() + " "
                + Optional.ofNullable(event.getActor())
                        .map(EventActor::getAttributes)
                        .map(attributes -> attributes.get("name"))
                        .orElse("?");
    }
}
