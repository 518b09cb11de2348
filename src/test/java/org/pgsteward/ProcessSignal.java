package org.pgsteward;

import java.io.IOException;

/** Sends signals to processes. */
public final class ProcessSignal {
    private ProcessSignal() {}

    /**
     * Sends a signal.
     *
     * @param name the name of the signal, such as {@code STOP}
     * @param process the process id
     * @return whether the process exists and takes signals of this user
     */
    public static boolean send(String name, long process) throws IOException, InterruptedException {
        return new ProcessBuilder("kill", "-" + name, Long.toString(process))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
