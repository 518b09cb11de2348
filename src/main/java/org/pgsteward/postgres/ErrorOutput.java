package org.pgsteward.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pgsteward.io.Threads;

/**
 * The beginning of a program's standard error, without the rows of tables. A thread reads it to the end, so that the program
 * never waits for a full pipe.
 */
final class ErrorOutput {
    /** Characters of a message; the first lines have the cause. */
    static final int MESSAGE = 4000;

    /** Characters that are kept. */
    private static final int KEPT = 64 * 1024;

    private static final int END_SECONDS = 5;

    private final CompletableFuture<String> text = new CompletableFuture<>();

    private ErrorOutput() {}

    /** @param program the name for the thread */
    static ErrorOutput read(String program, InputStream stream) {
        ErrorOutput output = new ErrorOutput();
        Threads.start(program + "-errors", 128 * 1024, () -> output.readAll(stream));
        return output;
    }

    private void readAll(InputStream source) {
        StringBuilder kept = new StringBuilder();
        try (InputStream stream = source) {
            byte[] buffer = new byte[1024];
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                if (kept.length() < KEPT) {
                    kept.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            kept.append(" (the end of its messages is missing: ")
                    .append(e.getMessage())
                    .append(')');
        } finally {
            text.complete(HiddenRows.in(kept.toString()));
        }
    }

    /** Returns the lines that are kept. */
    List<String> lines() throws InterruptedException {
        return beginning(KEPT).lines().toList();
    }

    /** Returns the first lines on one line; empty without output. */
    String message() throws InterruptedException {
        return beginning(MESSAGE).replaceAll("\\s*\\R\\s*", "; ");
    }

    /** Waits for the end of the output, which another process may hold open after the program has ended. */
    private String beginning(int characters) throws InterruptedException {
        try {
            String all = text.get(END_SECONDS, TimeUnit.SECONDS).strip();
            return all.substring(0, Math.min(all.length(), characters));
        } catch (ExecutionException | TimeoutException e) {
            return "";
        }
    }
}
