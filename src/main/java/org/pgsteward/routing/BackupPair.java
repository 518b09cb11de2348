package org.pgsteward.routing;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The two threads of a night: one that dumps while the other proves. There are none while there is nothing to do. */
final class BackupPair {
    private BackupPair() {}

    static ExecutorService threads() {
        ThreadPoolExecutor pair =
                new ThreadPoolExecutor(2, 2, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(null, work, "backup");
                    thread.setDaemon(true);
                    return thread;
                });
        pair.allowCoreThreadTimeOut(true);
        return pair;
    }
}
