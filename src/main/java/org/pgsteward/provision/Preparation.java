package org.pgsteward.provision;

import java.sql.SQLException;
import java.util.function.Consumer;

/**
 * The work that the next container would have to wait for, done before it comes. An application that finds no database may
 * give up within 60 ms.
 */
public final class Preparation {
    private final Provisioner provisioner;
    private final int spares;

    /** @param spares the number of empty databases to keep, {@code pgsteward.spare.databases} */
    public Preparation(Provisioner provisioner, int spares) {
        this.provisioner = provisioner;
        this.spares = spares;
    }

    /** @param failed gets the reason if PostgreSQL refuses; the next run tries again */
    void run(Consumer<String> failed) {
        try {
            provisioner.prepare(spares);
        } catch (SQLException e) {
            provisioner.close();
            failed.accept(
                    "cannot prepare for the next service, which will wait longer for its database: " + e.getMessage());
        }
    }
}
