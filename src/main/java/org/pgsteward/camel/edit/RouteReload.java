package org.pgsteward.camel.edit;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.pgsteward.camel.lint.Problem;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.lint.RouteFilesStamp;
import org.pgsteward.camel.lint.RouteSet;
import org.pgsteward.camel.lint.SwapPlan;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.io.Repetition;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reload of edited route files. A faulty edit raises an alert instead. The contents of the files are compared, not
 * their times: file events do not cross a mounted folder, and editors write in many ways.
 *
 * <ol>
 *   <li>After a difference, it waits until two consecutive readings are equal.
 *   <li>It checks all files as one set. Faults raise one alert, and the routes stay as they were. The operator only has
 *       to correct the files or undo the edit.
 *   <li>It swaps the changed routes and beans, and keeps a copy of the files as the ones last in force.
 * </ol>
 */
public final class RouteReload implements AutoCloseable {
    /** Kind of the alert. */
    public static final String KIND = "route-refused";

    private static final Logger LOG = LoggerFactory.getLogger(RouteReload.class);

    private static final String SUBJECT = "pgsteward";
    private static final Duration LOOK = Duration.ofSeconds(2);

    /** The longest time without a reading of the contents. */
    private static final Duration READ = Duration.ofMinutes(1);

    private static final Duration QUIET = Duration.ofMillis(400);
    private static final int MOST_NAMED = 3;

    private final CamelContext context;
    private final RouteSource source;
    private final RouteCheck check;
    private final LeavingRoutes leaving;
    private final RouteSwap swap;
    private final Consumer<Condition> raise;
    private final Runnable swapped;
    private final Consumer<RouteFiles> inForce;
    private final Redaction redaction;
    private final Clock clock;
    private @Nullable Repetition repetition;
    private RouteFiles running;
    private RouteFiles seen;
    private @Nullable RouteFiles refused;
    private boolean raised;

    /** The stamp of the files at the last reading; null while an edit is under way. */
    private @Nullable RouteFilesStamp settled;

    private long readAt;

    /**
     * @param chosen files with which the context was started
     * @param raise takes the conditions for the alert
     * @param swapped runs after each change of a route
     * @param inForce takes the files after each change
     */
    public RouteReload(
            CamelContext context,
            RouteSource source,
            RouteSource.Chosen chosen,
            RouteCheck check,
            Consumer<Condition> raise,
            Runnable swapped,
            Consumer<RouteFiles> inForce,
            Redaction redaction,
            Clock clock) {
        this.context = context;
        this.source = source;
        this.check = check;
        RouteTable table = new RouteTable(context);
        this.leaving = new LeavingRoutes(table, clock);
        this.swap = new RouteSwap(context, table, leaving);
        this.raise = raise;
        this.swapped = swapped;
        this.inForce = inForce;
        this.redaction = redaction;
        this.clock = clock;
        this.running = chosen.files();
        this.seen = chosen.files();
        if (chosen.refused().isEmpty()) {
            keep(running);
            // A previous process may have raised the alert.
            raised = true;
        } else {
            refuse(chosen.refused());
        }
    }

    /** Prepares a context, before its start, for later swaps of its routes. */
    public static void prepare(CamelContext context) {
        context.getRegistry().bind("direct", new DirectEndpoints());
        context.addRoutePolicyFactory(new InFlight.Factory());
    }

    /** Starts to read the files. */
    public RouteReload start() {
        repetition = Repetition.begin("reading of the route files", Duration.ZERO, this::lookOrSay);
        return this;
    }

    private Duration lookOrSay() {
        try {
            return look();
        } catch (IOException | RuntimeException | LinkageError | StackOverflowError trouble) {
            LOG.error("cannot read the route files: {}", redaction.of(trouble));
            return LOOK;
        }
    }

    /** Looks at the files once, and returns the delay until the next look. */
    public synchronized Duration look() throws IOException {
        leaving.tidy();
        // Read before the contents, so that an edit in between changes the next stamp.
        RouteFilesStamp stamp = RouteFilesStamp.read(source.folder());
        if (stamp.equals(settled) && System.nanoTime() - readAt < READ.toNanos()) {
            return LOOK;
        }
        readAt = System.nanoTime();
        Duration wait = read();
        settled = wait.equals(LOOK) ? stamp : null;
        return wait;
    }

    /** Reads the contents, and puts an edit into force. */
    private Duration read() throws IOException {
        RouteFiles now = RouteFiles.read(source.folder());
        if (now.equals(running)) {
            refused = null;
            seen = now;
            well("the route files equal the running routes");
            return LOOK;
        }
        if (!now.equals(seen)) {
            seen = now;
            return QUIET;
        }
        if (!now.equals(refused)) {
            apply(now);
        }
        return LOOK;
    }

    private void apply(RouteFiles files) {
        // Parsed only now: an idle daemon need not keep the trees of all files.
        RouteSet runningSet = RouteSet.of(running);
        RouteSet after = RouteSet.of(files);
        boolean same =
                after.problems().isEmpty() && SwapPlan.of(runningSet, after).isEmpty();
        List<Problem> problems = same ? check.form(files) : check.problems(RouteSet.of(files), runningSet, context);
        if (problems.isEmpty() && !same) {
            try {
                swap.swap(runningSet, after);
                swapped.run();
            } catch (RouteSwap.NotSwapped e) {
                problems = List.of(check.problem(e.entry(), e));
            }
        }
        if (!problems.isEmpty()) {
            refused = files;
            refuse(problems);
            return;
        }
        inForce.accept(files);
        refused = null;
        running = files;
        keep(files);
        LOG.info("the edit of the route files is in force");
        well("the route files are in force");
    }

    private void refuse(List<Problem> problems) {
        problems.forEach(problem -> LOG.warn("route file refused, the running routes are unchanged: {}", problem));
        String named =
                problems.stream().limit(MOST_NAMED).map(Problem::toString).collect(Collectors.joining(" | "));
        String more = problems.size() > MOST_NAMED ? " | and " + (problems.size() - MOST_NAMED) + " more" : "";
        raised = true;
        raise.accept(Condition.bad(
                Severity.WARNING,
                KIND,
                SUBJECT,
                "edit of the route files refused, the running routes are unchanged: " + named + more,
                "pgsteward check",
                clock.instant()));
    }

    private void well(String reason) {
        if (raised) {
            raised = false;
            raise.accept(Condition.well(KIND, SUBJECT, reason, clock.instant()));
        }
    }

    private void keep(RouteFiles files) {
        try {
            if (!source.lastGood().read().equals(Optional.of(files))) {
                source.lastGood().write(files);
            }
        } catch (IOException refusedByDisk) {
            LOG.warn("cannot keep the route files in force for the next start: {}", refusedByDisk.toString());
        }
    }

    /** Returns the ids of the running routes. */
    public Set<String> running() {
        return context.getRouteIds();
    }

    /** Returns the number of replaced routes that still exist for the sake of their exchanges. */
    public synchronized int leaving() {
        return leaving.count();
    }

    /** Stops reading the files. Must be called before the context ends. */
    @Override
    public void close() {
        if (repetition != null) {
            repetition.close();
        }
    }

    /** Takes down the replaced routes. Must be called after the context has ended. */
    public synchronized void takeDown() {
        leaving.close();
    }
}
