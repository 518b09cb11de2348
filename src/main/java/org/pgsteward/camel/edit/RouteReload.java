package org.pgsteward.camel.edit;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.pgsteward.camel.lint.Problem;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.lint.RouteSet;
import org.pgsteward.camel.lint.SwapPlan;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.io.Threads;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings edits of the route files into force, or says why it does not. It looks at what the files say and not at when
 * they were written, since events do not come through a mounted folder, and editors write in many ways.
 *
 * <ol>
 *   <li>Something is different: nothing is done until two looks in a row see the same.
 *   <li>All files are checked as one set. What is wrong is told, once, and all goes on as before; whoever repairs the
 *       files, or takes the edit back, has nothing else to do.
 *   <li>What changed is swapped, and the files are kept as those that were last in force.
 * </ol>
 */
public final class RouteReload implements AutoCloseable {
    /** The {@code kind} of what is told. */
    public static final String KIND = "route-refused";

    private static final Logger LOG = LoggerFactory.getLogger(RouteReload.class);

    private static final String SUBJECT = "pgsteward";
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofMillis(400);
    private static final int MOST_NAMED = 3;

    private final CamelContext context;
    private final RouteSource source;
    private final RouteCheck check;
    private final LeavingRoutes leaving;
    private final RouteSwap swap;
    private final Consumer<Condition> tell;
    private final Runnable swapped;
    private final Consumer<RouteFiles> inForce;
    private final Redaction redaction;
    private final Clock clock;
    private final Thread thread = Threads.daemon("routes", Threads.DEFAULT_STACK, this::run);
    private final CountDownLatch unwanted = new CountDownLatch(1);
    private RouteFiles running;
    private RouteFiles seen;
    private @Nullable RouteFiles refused;
    private boolean told;

    /**
     * @param chosen what the context was started with
     * @param tell is handed what is to be told
     * @param swapped is run after each change of a route
     * @param inForce is handed the files after each change
     */
    public RouteReload(
            CamelContext context,
            RouteSource source,
            RouteSource.Chosen chosen,
            RouteCheck check,
            Consumer<Condition> tell,
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
        this.tell = tell;
        this.swapped = swapped;
        this.inForce = inForce;
        this.redaction = redaction;
        this.clock = clock;
        this.running = chosen.files();
        this.seen = chosen.files();
        if (chosen.refused().isEmpty()) {
            keep(running);
            // Perhaps told by a process before this one.
            told = true;
        } else {
            refuse(chosen.refused());
        }
    }

    /** What a context needs from its beginning, so that its routes can be swapped later. */
    public static void prepare(CamelContext context) {
        context.getRegistry().bind("direct", new Doorkeeper());
        context.addRoutePolicyFactory(new InFlight.Factory());
    }

    /** Looks from now on by itself. */
    public RouteReload start() {
        thread.start();
        return this;
    }

    private void run() {
        Duration wait = Duration.ZERO;
        try {
            while (!unwanted.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                wait = lookOrSay();
            }
        } catch (InterruptedException stopped) {
            LOG.debug("the route files are looked at no more");
        }
    }

    private Duration lookOrSay() {
        try {
            return look();
        } catch (IOException | RuntimeException | LinkageError | StackOverflowError trouble) {
            LOG.error("the route files cannot be looked at: {}", redaction.of(trouble));
            return LOOK;
        }
    }

    /** One look; returns after how long the next is due. */
    public synchronized Duration look() throws IOException {
        leaving.tidy();
        RouteFiles now = RouteFiles.read(source.folder());
        if (now.equals(running)) {
            refused = null;
            seen = now;
            well("the route files are as they were");
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
        // Read when it is needed, since an idle daemon has no use for a tree of everything.
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
        well("the route files are in force");
    }

    private void refuse(List<Problem> problems) {
        problems.forEach(problem -> LOG.warn("route file refused, what ran before goes on: {}", problem));
        String named =
                problems.stream().limit(MOST_NAMED).map(Problem::toString).collect(Collectors.joining(" | "));
        String more = problems.size() > MOST_NAMED ? " | and " + (problems.size() - MOST_NAMED) + " more" : "";
        told = true;
        tell.accept(Condition.bad(
                Severity.WARNING,
                KIND,
                SUBJECT,
                "an edit of the route files is not in force, and what ran before it goes on: " + named + more,
                "pgsteward check",
                clock.instant()));
    }

    private void well(String reason) {
        if (told) {
            told = false;
            tell.accept(Condition.well(KIND, SUBJECT, reason, clock.instant()));
        }
    }

    private void keep(RouteFiles files) {
        try {
            if (!source.lastGood().read().equals(Optional.of(files))) {
                source.lastGood().write(files);
            }
        } catch (IOException refusedByDisk) {
            LOG.warn("the route files in force are not kept for the next start: {}", refusedByDisk.toString());
        }
    }

    /** The routes that run, by their ids. */
    public Set<String> running() {
        return context.getRouteIds();
    }

    /** How many routes of before an edit are still there, for what is under way in them. */
    public synchronized int leaving() {
        return leaving.count();
    }

    /** Looks no more; to be called before the context ends. */
    @Override
    public void close() {
        unwanted.countDown();
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5).toMillis());
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    /** After the context has ended. */
    public synchronized void takeDown() {
        leaving.close();
    }
}
