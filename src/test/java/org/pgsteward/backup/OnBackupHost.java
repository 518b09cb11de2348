package org.pgsteward.backup;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;

/** Tests that share one {@link BackupHost}. Its routes run during each test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
abstract class OnBackupHost {
    BackupHost night;
    TestHost host;
    Wiring wiring;

    @BeforeAll
    void startHost() throws Exception {
        night = new BackupHost();
        host = night.host;
        wiring = night.wiring;
    }

    @AfterAll
    void stopHost() throws Exception {
        night.close();
    }

    @BeforeEach
    void start() {
        night.start();
    }

    @AfterEach
    void stop() {
        night.stop();
    }
}
