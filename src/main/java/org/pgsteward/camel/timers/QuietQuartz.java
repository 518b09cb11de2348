package org.pgsteward.camel.timers;

import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.component.quartz.QuartzComponent;

/** Camel's component {@code quartz} without JMX, which has no reader here and whose start is a twelfth of the daemon's. */
public final class QuietQuartz {
    private QuietQuartz() {}

    /** Replaces the component in a context. */
    public static void bind(CamelContext context) {
        context.getRegistry().bind("quartz", Component.class, () -> {
            QuartzComponent quartz = new QuartzComponent();
            quartz.setEnableJmx(false);
            return quartz;
        });
    }
}
