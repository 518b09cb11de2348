package org.pgsteward.provision;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;

/** A process that provisions one service and exits abruptly after a number of steps. */
final class KilledAfter {
    static final int KILLED = 137;

    /** Used instead of a number of steps: the process prints each step, and waits at the first to be killed. */
    static final String WAITING = "wait";

    private final String when;
    private final AtomicInteger steps = new AtomicInteger();

    private KilledAfter(String when) {
        this.when = when;
    }

    /**
     * @param arguments the server's port, the secrets folder, the number of steps, the service, its database and its
     *     role
     */
    public static void main(String[] arguments) throws IOException, SQLException {
        Server server = new Server(new ServerAddress(
                "127.0.0.1", Integer.parseInt(arguments[0]), "homelab", TestCluster.PASSWORD, "homelab"));
        KilledAfter killer = new KilledAfter(arguments[2]);
        try (Provisioner provisioner = EnrolmentHost.provisioner(server, Path.of(arguments[1]), killer::done)) {
            wholly(
                    provisioner,
                    EnrolmentHost.service(arguments[3], arguments[4], arguments[5], EnrolmentHost.PASSWORD.reveal()));
        }
    }

    /** Handles a new container like the daemon: provisions it alone at once, and then reconciles all services. */
    static ClaimResult wholly(Provisioner provisioner, Boxes box) throws SQLException {
        ClaimResult result = provisioner.provision(box.box(), Optional.of(EnrolmentHost.POSTGRES), List.of());
        Provisioner.Reconciliation looked =
                provisioner.reconcile(List.of(box.box()), Optional.of(EnrolmentHost.POSTGRES));
        if (result.enrolment().isEmpty() || !looked.troubles().isEmpty()) {
            throw new IllegalStateException(result.outcome().reason() + looked.troubles());
        }
        return result;
    }

    private void done(String step) {
        if (when.equals(WAITING)) {
            System.out.println(step);
            waitForTheEnd();
        } else if (steps.incrementAndGet() == Integer.parseInt(when)) {
            Runtime.getRuntime().halt(KILLED);
        }
    }

    /** Waits until this process is killed. Standard input ends only if the test's process ends first. */
    private static void waitForTheEnd() {
        try {
            if (System.in.read() < 0) {
                Runtime.getRuntime().halt(1);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
