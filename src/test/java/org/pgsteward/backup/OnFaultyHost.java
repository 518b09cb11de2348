package org.pgsteward.backup;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;

/** Tests that share one {@link FaultyHost}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
abstract class OnFaultyHost {
    FaultyHost faulty;
    TestHost host;
    Wiring wiring;

    @BeforeAll
    void startHost() throws Exception {
        faulty = new FaultyHost();
        host = faulty.host;
        wiring = faulty.wiring;
    }

    @AfterAll
    void stopHost() throws Exception {
        faulty.close();
    }
}
