package org.pgsteward.backup.restore;

import java.io.IOException;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.config.Settings;

/** Restores one backup in a process of its own, which says when it has come to a step, and waits there for its end. */
final class KilledRestore implements RestoreProgress {
    private final int last;
    private int steps;

    private KilledRestore(int last) {
        this.last = last;
    }

    /** How it is restored, of which service, what it shall be called, and at which step it waits. */
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

    /** Standard input says nothing, and ends with whoever started us. */
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
