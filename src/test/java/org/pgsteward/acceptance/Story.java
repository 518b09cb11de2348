package org.pgsteward.acceptance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.pgsteward.camel.receivers.HookServer;

/**
 * One deployment for all tests of a class, in their order, since its start takes longer than most of them. It has its
 * own containers, networks, port and folder, so stories can run alone or in parallel.
 */
final class Story implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final Pattern AT_WORK = Pattern.compile("at work after (\\d+) ms");

    private final String name;
    private final Names names;
    private final boolean started;
    private final List<String> services;

    /** Set by {@link #beforeAll}. */
    private Optional<Deployment> host = Optional.empty();

    /** Receives each alert as well as the mailbox. Empty if containers cannot reach this process. */
    private Optional<HookServer> hook = Optional.empty();

    private final Set<String> processes = new TreeSet<>();
    private Instant begun = Instant.now();

    private Story(String name, Names names, boolean started, List<String> services) {
        this.name = name;
        this.names = names;
        this.started = started;
        this.services = services;
    }

    /** Returns a story that begins when pgsteward works and these services of the seed have written rows. */
    static Story of(String name, String... services) {
        return new Story(name, Names.own(name), true, List.of(services));
    }

    /** Returns a story that begins when pgsteward works, with the shipped names. */
    static Story byTheShippedNames(String name) {
        return new Story(name, Names.shipped(name), true, List.of());
    }

    /** Returns a story that begins with a checkout and no started container. */
    static Story beforeTheStart(String name) {
        return new Story(name, Names.withoutPostgres(name), false, List.of());
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        Deployment deployment = new Deployment(Files.createTempDirectory("story"), names);
        host = Optional.of(deployment);
        begun = Instant.now();
        Optional<String> hindrance = deployment.hindrance();
        if (hindrance.isEmpty()) {
            Optional<InetAddress> here = deployment.reachableHere();
            if (here.isPresent()) {
                hook = Optional.of(new HookServer(new InetSocketAddress(here.get(), 0)));
            }
            hindrance = deployment.build(
                    hook.map(server -> "http://" + here.orElseThrow().getHostAddress() + ":" + server.port() + "/hook")
                            .orElse("http://127.0.0.1:1/"));
        }
        hindrance.ifPresent(why -> System.out.println("skipped: end-to-end tests, " + why));
        assumeTrue(hindrance.isEmpty(), () -> "end-to-end tests cannot run here");
        say("%s: images built after %d s", name, sinceThen(begun) / 1000);
        if (started) {
            start(deployment);
        }
    }

    private void start(Deployment deployment) {
        Instant up = Instant.now();
        deployment.up();
        await().until(() -> deployment.log("pgsteward").both().contains("at work after"));
        Matcher atWork = AT_WORK.matcher(deployment.log("pgsteward").both());
        say(
                "%s: docker compose up: at work after %d ms, of which %s in the JVM",
                name, sinceThen(up), atWork.find() ? atWork.group(1) + " ms" : "?");
        if (!services.isEmpty()) {
            deployment.servicesUp(services);
            services.forEach(service -> await().ignoreExceptions()
                    .until(() -> deployment
                            .sql(service, "SELECT count(*) > 0 FROM tasks")
                            .equals("t")));
        }
    }

    /** Starts PostgreSQL and pgsteward, so that a test that failed half-way does not fail the next ones. */
    @Override
    public void afterEach(ExtensionContext context) {
        host().docker("start", host().name("postgresql"), host().name("pgsteward"));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (host.isPresent()) {
            host().down();
            hook.ifPresent(HookServer::close);
            host().removeImages();
            delete(host().folder());
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    Deployment host() {
        return host.orElseThrow();
    }

    Alerts alerts() {
        return new Alerts(host(), hook);
    }

    Instant begun() {
        return begun;
    }

    /** Reads the processes inside pgsteward, with their arguments. */
    void lookAtProcesses() {
        host().docker("top", host().name("pgsteward"), "-eo", "pid,args")
                .out()
                .lines()
                .forEach(processes::add);
    }

    /** Returns all processes that {@link #lookAtProcesses} has seen. */
    Set<String> processes() {
        return processes;
    }

    /**
     * Returns a wait with a long interval, because every check starts a program in a container and so delays the
     * awaited result.
     */
    static ConditionFactory await() {
        return Awaitility.await().pollInterval(Duration.ofMillis(500)).atMost(Duration.ofMinutes(8));
    }

    static long sinceThen(Instant then) {
        return Duration.between(then, Instant.now()).toMillis();
    }

    static void say(String format, Object... figures) {
        System.out.println("end-to-end: " + String.format(Locale.ROOT, format, figures));
    }
}
