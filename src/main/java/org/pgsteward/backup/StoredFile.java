package org.pgsteward.backup;

import com.exceptionfactory.jagged.PayloadException;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.pgsteward.postgres.ClientProgram;

/** A backup's file, read as what it was before it was stored, and compared with its manifest on the way. */
record StoredFile(Path file, Manifest manifest, AgeKeys keys) {
    /** Bytes; what a pipe takes at once. */
    private static final int BUFFER = 64 * 1024;

    /**
     * Gives all of it to a program that reads, and waits for the program's end.
     *
     * @throws AgeKeys.NotForUs when it is what was written, and sealed to somebody else
     * @throws IOException when the file is not there, damaged, or not the one that was written, or the program fails
     */
    void pourInto(ClientProgram program) throws IOException, InterruptedException {
        pourInto(program, poured -> {});
    }

    /** The same; {@code poured} is told how many bytes have been handed over. */
    void pourInto(ClientProgram program, LongConsumer poured) throws IOException, InterruptedException {
        MessageDigest hash = DumpStream.sha256();
        try (InputStream stored = open(hash)) {
            InputStream opened = unsealed(stored, hash);
            try (OutputStream input = program.input()) {
                decompress(opened, input, poured);
            } catch (ZstdIOException damaged) {
                throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
            } catch (PayloadException damaged) {
                throw new IOException("the stored file is damaged: its seal is broken", damaged);
            } catch (IOException broken) {
                // The program stopped reading, and knows why.
                program.awaitSuccess();
                throw broken;
            }
            program.awaitSuccess();
            compareHash(stored, hash);
        }
    }

    /**
     * Gives all of it to something of our own, and closes that.
     *
     * @throws IOException when the file is not there, damaged, or not the one that was written
     */
    void pourInto(OutputStream target) throws IOException {
        MessageDigest hash = DumpStream.sha256();
        try (InputStream stored = open(hash)) {
            // Closed first: whatever reads may know better than the hash what is wrong.
            try (target) {
                decompress(unsealed(stored, hash), target, poured -> {});
            }
            compareHash(stored, hash);
        } catch (ZstdIOException damaged) {
            throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
        }
    }

    /**
     * Reads it without opening it.
     *
     * @throws IOException when the file is not there, or not the one that was written
     */
    void check() throws IOException {
        MessageDigest hash = DumpStream.sha256();
        try (InputStream stored = open(hash)) {
            compareHash(stored, hash);
        }
    }

    private InputStream unsealed(InputStream stored, MessageDigest hash) throws IOException {
        if (!manifest.isSealed()) {
            return stored;
        }
        try {
            return keys.opening(stored);
        } catch (AgeKeys.NotForUs sealed) {
            // A flipped bit in its head makes it look so too.
            compareHash(stored, hash);
            throw sealed;
        }
    }

    /**
     * Leaves {@code from} open, since what follows the last frame is still to be hashed. The stream that has a finalizer
     * would close it whenever memory is collected, and a good backup would be called damaged.
     */
    private static void decompress(InputStream from, OutputStream to, LongConsumer poured) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long sum = 0;
        try (InputStream plain = new ZstdInputStreamNoFinalizer(new StaysOpen(from))) {
            for (int read = plain.read(buffer); read >= 0; read = plain.read(buffer)) {
                to.write(buffer, 0, read);
                sum += read;
                poured.accept(sum);
            }
        }
    }

    private static final class StaysOpen extends FilterInputStream {
        StaysOpen(InputStream source) {
            super(source);
        }

        @Override
        public void close() {
            // Whoever opened it closes it.
        }
    }

    private InputStream open(MessageDigest hash) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("the stored file " + file + " is not there");
        }
        return new DigestInputStream(Files.newInputStream(file), hash);
    }

    /** What follows the last frame, or is not read yet, belongs to the file's hash too. */
    private void compareHash(InputStream stored, MessageDigest hash) throws IOException {
        stored.transferTo(OutputStream.nullOutputStream());
        String sha256 = HexFormat.of().formatHex(hash.digest());
        if (!sha256.equals(manifest.sha256())) {
            throw new IOException(
                    "the file's SHA-256 is " + sha256 + ", and was " + manifest.sha256() + " when written");
        }
    }

    /** What it was before it was stored, and whoever reads it may stop where he likes; nothing is compared. */
    InputStream plain() throws IOException {
        MessageDigest hash = DumpStream.sha256();
        InputStream stored = open(hash);
        try {
            return new ZstdInputStreamNoFinalizer(unsealed(stored, hash));
        } catch (IOException e) {
            stored.close();
            throw e;
        }
    }
}
