package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.ClientProgram;

/**
 * The output of a program. It throws at its end if the program failed, so an incomplete output never looks complete. An
 * interrupt of the reading thread ends a read, which a pipe from a process would not allow. The program is killed when the
 * stream is closed, at an interrupt and after its limit.
 */
final class ProgramStream extends InputStream {
    private static final int BUFFER = 256 * 1024;
    private static final int BLOCK = 32 * 1024;
    private static final long STACK_BYTES = 128 * 1024;

    private final ClientProgram program;
    private final Function<ClientProgram.Ended, IOException> failures;
    private final PipedInputStream output = new PipedInputStream(BUFFER);
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private final Duration limit;
    private volatile boolean late;
    private volatile @Nullable IOException failure;

    /** @param failures makes the failure of a program that ended with an exit code other than 0 */
    ProgramStream(ClientProgram program, Duration limit, Function<ClientProgram.Ended, IOException> failures)
            throws IOException {
        this.program = program;
        this.limit = limit;
        this.failures = failures;
        PipedOutputStream pipe = new PipedOutputStream(output);
        // The future removes its timer when it ends earlier.
        ended.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(timeout -> {
            late = true;
            program.close();
            return null;
        });
        Threads.start("copy-output", STACK_BYTES, () -> pump(pipe));
    }

    private void pump(PipedOutputStream pipe) {
        try (pipe) {
            try {
                transfer(pipe);
                ClientProgram.Ended end = program.awaitEnd();
                if (end.exitCode() != 0) {
                    failure = late ? overLimit() : failures.apply(end);
                }
            } catch (IOException e) {
                failure = late ? overLimit() : e;
            } catch (InterruptedException e) {
                failure = new IOException("interrupted", e);
            } catch (RuntimeException | Error e) {
                failure = new IOException(e);
                throw e;
            } finally {
                ended.complete(null);
            }
        } catch (IOException closed) {
            // The reader has closed its end, and is not interested in the rest.
        }
    }

    private void transfer(PipedOutputStream pipe) throws IOException {
        byte[] block = new byte[BLOCK];
        InputStream source = program.output();
        for (int read = source.read(block); read >= 0; read = source.read(block)) {
            pipe.write(block, 0, read);
            // Without it, the reader may wait for a second.
            pipe.flush();
        }
    }

    private IOException overLimit() {
        return new IOException("it took longer than " + limit.toMinutes() + " minutes, and was ended");
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read;
        try {
            read = output.read(target, offset, length);
        } catch (InterruptedIOException e) {
            program.close();
            throw e;
        }
        IOException failed = failure;
        if (read < 0 && failed != null) {
            throw failed;
        }
        return read;
    }

    @Override
    public int available() throws IOException {
        return output.available();
    }

    @Override
    public void close() throws IOException {
        program.close();
        output.close();
    }
}
