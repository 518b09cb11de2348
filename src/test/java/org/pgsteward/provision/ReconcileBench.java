package org.pgsteward.provision;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Container;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;

/**
 * A benchmark of reconciling everything, by the number of services; see {@code src/bench/enrolment}. The server's own
 * log gives the number of statements.
 */
final class ReconcileBench {
    private static final Container POSTGRES = Boxes.container("postgresql").box();
    private static final Pattern STATEMENT = Pattern.compile("LOG: {2}(execute|statement)");
    private static final int WARM_ROUNDS = 5;

    private final Path log;
    private final Path secrets;
    private final Server server;

    private ReconcileBench(Path log, Path secrets, Server server) {
        this.log = log;
        this.secrets = secrets;
        this.server = server;
    }

    /** @param arguments the server's log, the folder of secrets, the largest number of services */
    public static void main(String[] arguments) throws Exception {
        Server server = new Server(new ServerAddress(
                System.getenv("PGHOST"),
                Integer.parseInt(System.getenv("PGPORT")),
                System.getenv("PGUSER"),
                new Secret(System.getenv("PGPASSWORD")),
                "homelab"));
        new Tables(server.managementDatabase()).prepare();
        ReconcileBench bench = new ReconcileBench(Path.of(arguments[0]), Path.of(arguments[1]), server);
        int most = Integer.parseInt(arguments[2]);
        System.out.printf(
                "%n%-12s %14s %14s %14s %14s%n", "reconcile of", "after a start", "statements", "later", "statements");
        for (int services : IntStream.of(10, 100, 1000, most)
                .filter(n -> n <= most)
                .distinct()
                .sorted()
                .toArray()) {
            bench.measure(services);
        }
    }

    private void measure(int services) throws IOException, SQLException {
        List<Container> containers =
                IntStream.range(0, services).mapToObj(ReconcileBench::container).toList();
        try (Provisioner maker = provisioner()) {
            expect(services, maker.reconcile(containers, Optional.of(POSTGRES)));
        }
        try (Provisioner provisioner = provisioner()) {
            Sample cold = sample(provisioner, containers);
            List<Sample> warm = Stream.generate(() -> sample(provisioner, containers))
                    .limit(WARM_ROUNDS)
                    .sorted(java.util.Comparator.comparing(Sample::seconds))
                    .toList();
            System.out.printf(
                    Locale.ROOT,
                    "%-12d %12.2f s %14d %12.2f s %14d%n",
                    services,
                    cold.seconds(),
                    cold.statements(),
                    warm.get(WARM_ROUNDS / 2).seconds(),
                    warm.get(WARM_ROUNDS / 2).statements());
        }
    }

    private record Sample(double seconds, long statements) {}

    private Sample sample(Provisioner provisioner, List<Container> containers) {
        try {
            long before = Files.size(log);
            long begun = System.nanoTime();
            Provisioner.Reconciliation done = provisioner.reconcile(containers, Optional.of(POSTGRES));
            double seconds = (System.nanoTime() - begun) / 1e9;
            expect(containers.size(), done);
            if (!done.repaired().isEmpty()) {
                throw new IllegalStateException("drift was repaired: " + done.repaired());
            }
            return new Sample(seconds, statementsAfter(before));
        } catch (IOException | SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private long statementsAfter(long position) throws IOException {
        try (Stream<String> lines = tail(position)) {
            return lines.filter(line -> STATEMENT.matcher(line).find()).count();
        }
    }

    private Stream<String> tail(long position) throws IOException {
        var file = Files.newByteChannel(log).position(position);
        return new java.io.BufferedReader(java.nio.channels.Channels.newReader(file, StandardCharsets.UTF_8)).lines();
    }

    private static void expect(int services, Provisioner.Reconciliation done) {
        long well = done.byContainer().values().stream()
                .filter(result -> !(result.outcome() instanceof Outcome.Failed))
                .count();
        if (well != services || !done.troubles().isEmpty()) {
            throw new IllegalStateException(well + " of " + services + " services reconciled; " + done.troubles());
        }
    }

    private static Container container(int number) {
        String name = String.format(Locale.ROOT, "service_%04d", number);
        return EnrolmentHost.service(name, name, name, "password of " + name).box();
    }

    /** Creates a provisioner like {@link org.pgsteward.app.Wiring}. */
    private Provisioner provisioner() throws IOException {
        return EnrolmentHost.provisioner(server, secrets, step -> {});
    }
}
