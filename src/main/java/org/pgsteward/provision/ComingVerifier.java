package org.pgsteward.provision;

import java.util.concurrent.CompletableFuture;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ScramVerifier;

/** The verifier of a password, computed in another thread. It takes about 15 ms, while PostgreSQL answers. */
record ComingVerifier(Secret password, CompletableFuture<String> stored) {
    static ComingVerifier of(Secret password) {
        return new ComingVerifier(
                password,
                CompletableFuture.supplyAsync(() -> ScramVerifier.of(password).stored()));
    }

    /** Waits for the verifier, in the form that PostgreSQL accepts. */
    String get() {
        return stored.join();
    }
}
