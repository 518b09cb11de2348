package org.pgsteward.backup.retention;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.alert.SettableClock;

/**
 * Tests that share one {@link RetentionHost}. Before each test all leftovers of earlier tests are removed, and no
 * daemon runs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
abstract class OnRetentionHost {
    RetentionHost nights;
    TestHost host;
    SettableClock clock;

    @BeforeAll
    void startHost() throws Exception {
        nights = new RetentionHost();
        host = nights.host;
        clock = nights.clock;
    }

    @AfterAll
    void stopHost() throws Exception {
        nights.close();
    }

    @BeforeEach
    void nothingWasBefore() throws Exception {
        nights.reset();
    }

    @AfterEach
    void stop() {
        nights.stop();
    }
}
