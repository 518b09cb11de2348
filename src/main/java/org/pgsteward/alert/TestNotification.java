package org.pgsteward.alert;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/**
 * The notification that {@code notify --test} sends. It is about no alert: nothing records it, and none resolves it. So
 * its severity is that of an information, which receivers keep no state of.
 */
public final class TestNotification {

    private TestNotification() {}

    public static Notification at(Instant now) {
        return new Notification(
                UUID.randomUUID().toString(),
                "firing",
                Severity.INFO.word(),
                "test",
                "pgsteward",
                now,
                "[test] pgsteward: test notification, nothing is wrong",
                "This is a test. The command 'pgsteward notify --test' sent it, so nothing is wrong.\n"
                        + "Alerts of pgsteward arrive in the same way. No notification follows.",
                "",
                Map.of("test", true));
    }
}
