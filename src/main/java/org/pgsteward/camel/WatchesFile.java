package org.pgsteward.camel;

import org.pgsteward.monitor.DatabaseWatch;
import org.pgsteward.monitor.HostWatch;
import org.pgsteward.monitor.LogWatch;
import org.pgsteward.monitor.MemoryWatch;
import org.pgsteward.monitor.Watches;

/** Reads the watches with their levels from {@code monitor.camel.yaml}, for a command that runs no routes. */
public final class WatchesFile {
    /** The one route file in which they are made. */
    public static final String NAME = "monitor.camel.yaml";

    private WatchesFile() {}

    /**
     * Reads the file and runs nothing of it.
     *
     * @param pipeline of that file alone; ended when this returns
     * @throws IllegalStateException when the file or a level is wrong, with Camel's own words, or makes no watches
     */
    public static Watches read(Pipeline pipeline) {
        try (Pipeline opened = pipeline.onlyBeans().start()) {
            return new Watches(
                    bean(opened, "databaseWatch", DatabaseWatch.class),
                    bean(opened, "logWatch", LogWatch.class),
                    bean(opened, "hostWatch", HostWatch.class),
                    bean(opened, "memoryWatch", MemoryWatch.class));
        }
    }

    private static <T> T bean(Pipeline pipeline, String name, Class<T> type) {
        T bean = pipeline.context().getRegistry().lookupByNameAndType(name, type);
        if (bean == null) {
            throw new IllegalStateException(NAME + " makes no bean " + name
                    + ": nothing says what is too much; take the" + " shipped file and change its levels");
        }
        return bean;
    }
}
