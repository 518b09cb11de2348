package org.pgsteward.camel.receivers;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.pgsteward.alert.Sender;
import org.pgsteward.io.Threads;
import org.pgsteward.model.Notification;

/**
 * Trial of receivers: sends one notification through their routes as the delivery does, without the outbox, and waits
 * for the results.
 */
public final class ReceiverTrial {
    /** Milliseconds for which the context waits for a hung send when it stops. */
    private static final long LAST_WAIT = 500;

    private final CamelContext context;
    private final RouteSender sender;

    public ReceiverTrial(CamelContext context, ObjectMapper json, Redaction redaction, Clock clock) {
        this.context = context;
        this.sender = new RouteSender(context, json, redaction, clock);
    }

    /**
     * Result of one receiver.
     *
     * @param took time until the answer, or the limit
     * @param failure reason, free of secrets; empty if the receiver accepted the notification
     */
    public record Result(String receiver, Duration took, Optional<String> failure) {
        public boolean accepted() {
            return failure.isEmpty();
        }
    }

    private record Running(String receiver, Thread thread, CompletableFuture<Result> result) {}

    /**
     * Sends to all receivers at the same time. Returns their results in the given order.
     *
     * @param limit time after which a receiver without an answer has failed
     */
    public List<Result> send(Notification notice, Collection<String> receivers, Duration limit)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        List<Running> all =
                receivers.stream().map(receiver -> start(notice, receiver)).toList();
        List<Result> results = new ArrayList<>();
        for (Running one : all) {
            try {
                results.add(one.result().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS));
            } catch (TimeoutException hung) {
                one.thread().interrupt();
                context.getShutdownStrategy().setTimeUnit(TimeUnit.MILLISECONDS);
                context.getShutdownStrategy().setTimeout(LAST_WAIT);
                results.add(
                        new Result(one.receiver(), limit, Optional.of("no answer within " + limit.toSeconds() + " s")));
            } catch (ExecutionException impossible) {
                throw new IllegalStateException(impossible.getCause());
            }
        }
        return results;
    }

    private Running start(Notification notice, String receiver) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        Thread thread =
                Threads.start("try-" + receiver, Threads.DEFAULT_STACK, () -> result.complete(trial(notice, receiver)));
        return new Running(receiver, thread, result);
    }

    private Result trial(Notification notice, String receiver) {
        long began = System.nanoTime();
        Optional<String> failure = Optional.empty();
        try {
            sender.send(receiver, notice);
        } catch (Sender.NotTaken refusal) {
            failure = Optional.of(String.valueOf(refusal.getMessage()));
        } catch (RuntimeException | LinkageError trouble) {
            failure = Optional.of(trouble.getClass().getSimpleName());
        }
        return new Result(receiver, Duration.ofNanos(System.nanoTime() - began), failure);
    }
}
