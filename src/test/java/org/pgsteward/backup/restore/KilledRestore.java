package org.pgsteward.backup.restore;

import java.io.IOException;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.config.Settings;

/**
 * Restores one backup in a separate process. It prints the name of a given step as it reaches it, and waits there
 * for its end.
 */
final class KilledRestore implements RestoreProgress {
    private final int last;
    private int steps;

    private KilledRestore(int last) {
        this.last = last;
    }

    /**
     * Restores a backup.
     *
     * @param arguments {@code replace} or {@code into}, the service, the name of the new database, and the number of
     *     the step at which to wait
     */
    public static void main(String[] arguments) throws Exception {
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        String service = arguments[1];
        Restore.Order order =
                new Restore.Order(Inventory.of(wiring.store).of(service).get(0), service, arguments[2]);
        KilledRestore killed = new KilledRestore(Integer.parseInt(arguments[3]));
        if (arguments[0].equals("replace")) {
            wiring.restore.replace(order, killed);
        } else {
            wiring.restore.into(order, killed);
        }
        System.out.println("ended undisturbed");
    }

    @Override
    public void step(String what) {
        if (++steps == last) {
            System.out.println(what);
            waitForTheEnd();
        }
    }

    @Override
    public void poured(long bytes, long total) {}

    /** Waits until the parent process ends, which closes standard input. */
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
