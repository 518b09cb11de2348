package org.pgsteward.backup.restore;

import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.postgres.Server;

/** Tests that share one {@link RestoreHost}. After each test no object of a restore may be left. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
abstract class OnRestoreHost {
    RestoreHost restores;
    TestHost host;
    Wiring wiring;
    Server server;

    @BeforeAll
    void startHost() throws Exception {
        restores = new RestoreHost();
        host = restores.host;
        wiring = restores.wiring;
        server = restores.server;
    }

    @AfterAll
    void stopHost() throws Exception {
        restores.close();
    }

    @AfterEach
    void nothingIsLeftBehind() throws SQLException {
        restores.assertNothingIsLeftBehind();
    }
}
