package org.pgsteward;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Sets the default limit of every wait to eight minutes. Awaitility's own default of 10 s is too short for a machine
 * whose cores are busy. A wait ends as soon as its condition holds, so the high limit costs no time.
 */
public final class PatientTests implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(8));
    }
}
