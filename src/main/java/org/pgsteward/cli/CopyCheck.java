package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.copy.CopyPlace;
import org.pgsteward.backup.copy.CopyTarget;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.CopyConfig;
import org.pgsteward.model.FirstCause;
import org.pgsteward.model.Refusal;

/** Command {@code check --copies}: writes, reads and removes a small file at each target, all at the same time. */
final class CopyCheck {
    /** A target that does not answer blocks no other. rclone and restic retry for about a minute. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Wiring wiring;
    private final PrintWriter out;
    private final PrintWriter err;

    CopyCheck(Wiring wiring, PrintWriter out, PrintWriter err) {
        this.wiring = wiring;
        this.out = out;
        this.err = err;
    }

    /** @param text what was done, or what is wrong */
    private record Result(String target, boolean well, String text) {}

    /**
     * @return 0 if each target works, otherwise 1
     * @throws Refusal if no target is switched on
     */
    int run(boolean json) throws Exception {
        List<Result> results;
        try (Pipeline pipeline = wiring.copyPipeline().onlyWhenAsked()) {
            pipeline.start();
            results = Waiting.during(err, () -> "trying the targets of copies", this::results);
        }
        if (results.isEmpty()) {
            throw new Refusal("no target of copies is switched on; set "
                    + String.join(" or ", CopyConfig.switches().values())
                    + " (src/docs/how-to/copy-backups.md)");
        }
        boolean well = results.stream().allMatch(Result::well);
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("well", well);
            document.put("copies", results);
            out.println(wiring.json.writeValueAsString(document));
        } else {
            results.forEach(result -> (result.well() ? out : err)
                    .println((result.well() ? "" : "pgsteward: ") + result.target() + ": " + result.text()));
        }
        out.flush();
        err.flush();
        return well ? 0 : 1;
    }

    private List<Result> results() throws InterruptedException {
        List<String> targets =
                wiring.copyTargets().all().stream().map(CopyTarget::name).toList();
        if (targets.isEmpty()) {
            return List.of();
        }
        ExecutorService threads = Executors.newFixedThreadPool(targets.size());
        try {
            List<Callable<Optional<String>>> checks = new ArrayList<>();
            for (String target : targets) {
                CopyPlace place = wiring.copyTargets().place(target);
                checks.add(place::check);
            }
            List<Future<Optional<String>>> done = threads.invokeAll(checks, LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            List<Result> results = new ArrayList<>();
            for (int i = 0; i < done.size(); i++) {
                results.add(result(targets.get(i), done.get(i)));
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private static Result result(String target, Future<Optional<String>> check) throws InterruptedException {
        try {
            return new Result(
                    target,
                    true,
                    "wrote, read and removed a small file"
                            + check.get()
                                    .map(note -> "; " + OneLine.of(note, 500))
                                    .orElse(""));
        } catch (CancellationException e) {
            return new Result(
                    target, false, "no answer within " + LIMIT.toMinutes() + " minutes; check the connection to it");
        } catch (ExecutionException e) {
            return new Result(target, false, OneLine.of(reason(Objects.requireNonNullElse(e.getCause(), e)), 1000));
        }
    }

    private static String reason(Throwable thrown) {
        return thrown instanceof IOException ? FileErrors.words(thrown) : FirstCause.of(thrown);
    }
}
