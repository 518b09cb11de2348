package org.pgsteward;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives every wait eight minutes, unless it asks for another time. Awaitility's own default is 10 s, which a machine whose
 * cores are busy with something else does not keep. A wait ends as soon as its condition holds, so patience costs nothing.
 */
public final class PatientTests implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(8));
    }
}
