package org.pgsteward.backup;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;

/** Tests that share one {@link BaseBackupHost}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
abstract class OnBaseBackupHost {
    BaseBackupHost base;
    TestHost host;
    Wiring wiring;

    @BeforeAll
    void startHost() throws Exception {
        base = new BaseBackupHost();
        host = base.host;
        wiring = base.wiring;
    }

    @AfterAll
    void stopHost() throws Exception {
        base.close();
    }
}
