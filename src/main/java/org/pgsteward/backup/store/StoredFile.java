package org.pgsteward.backup.store;

import com.exceptionfactory.jagged.PayloadException;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Progress;

/** A backup's file, read as what it was before it was stored, and compared with its manifest on the way. */
public record StoredFile(Path file, Manifest manifest, AgeKeys keys) {
    /** Bytes; what a pipe takes at once. */
    private static final int BUFFER = 64 * 1024;

    /**
     * Gives all of it to a program that reads, and waits for the program's end.
     *
     * @throws AgeKeys.NotForUs when it is what was written, and sealed to somebody else
     * @throws IOException when the file is not there, damaged, or not the one that was written, or the program fails
     */
    public void pourInto(ClientProgram program) throws IOException, InterruptedException {
        pourInto(program, poured -> {});
    }

    /**
     * Does the same, and reports how far it is.
     *
     * @param poured receives the bytes that have been handed over so far
     * @throws AgeKeys.NotForUs when it is what was written, and encrypted to other keys
     * @throws IOException when the file is not there, damaged, or not the one that was written, or the program fails
     */
    public void pourInto(ClientProgram program, LongConsumer poured) throws IOException, InterruptedException {
        pourInto(program, poured, true);
    }

    private void pourInto(ClientProgram program, LongConsumer poured, boolean toTheEnd)
            throws IOException, InterruptedException {
        MessageDigest hash = Sha256.digest();
        // Held to the end: the one with a finalizer would close the file as soon as it is out of use, before all is
        // hashed.
        try (InputStream stored = open(hash);
                InputStream plain = new ZstdInputStreamNoFinalizer(unsealed(stored, hash))) {
            try (OutputStream input = program.input()) {
                copy(plain, input, poured);
            } catch (ZstdIOException damaged) {
                throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
            } catch (PayloadException damaged) {
                throw new IOException("the stored file is damaged: its seal is broken", damaged);
            } catch (IOException broken) {
                // The program stopped reading, and knows why: it failed, or has all that it needs.
                awaitSuccess(program, stored, hash);
                if (!toTheEnd) {
                    return;
                }
            }
            awaitSuccess(program, stored, hash);
            compareHash(stored, hash);
        }
    }

    /**
     * Waits for the program's end. If it fails, the file is compared first: pg_restore reports some damage as "out of
     * memory".
     */
    private void awaitSuccess(ClientProgram program, InputStream stored, MessageDigest hash)
            throws IOException, InterruptedException {
        try {
            program.awaitSuccess();
        } catch (IOException failed) {
            if (Progress.current().cancelled().isEmpty()) {
                checkHash(stored, hash);
            }
            throw failed;
        }
    }

    private void checkHash(InputStream stored, MessageDigest hash) throws IOException {
        try {
            compareHash(stored, hash);
        } catch (IOException damaged) {
            throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
        }
    }

    /**
     * Gives all of it to something of our own, and closes that.
     *
     * @throws IOException when the file is not there, damaged, or not the one that was written
     */
    public void pourInto(OutputStream target) throws IOException {
        MessageDigest hash = Sha256.digest();
        try (InputStream stored = open(hash);
                InputStream plain = new ZstdInputStreamNoFinalizer(unsealed(stored, hash))) {
            // Closed first: whatever reads may know better than the hash what is wrong.
            try (target) {
                copy(plain, target, poured -> {});
            } catch (ZstdIOException | PayloadException damaged) {
                throw damaged;
            } catch (IOException missed) {
                throw isCutOff() ? new IOException("the stored file is damaged: it is cut off", missed) : missed;
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
    public void check() throws IOException {
        MessageDigest hash = Sha256.digest();
        try (InputStream stored = open(hash)) {
            compareHash(stored, hash);
        }
    }

    private InputStream unsealed(InputStream stored, MessageDigest hash) throws IOException {
        if (!manifest.file().isEncrypted()) {
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

    private static void copy(InputStream from, OutputStream to, LongConsumer poured) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long sum = 0;
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            to.write(buffer, 0, read);
            sum += read;
            poured.accept(sum);
        }
    }

    /** zstd-jni takes a last frame that breaks off for the end, where it lies in one buffer with the end of another. */
    private boolean isCutOff() throws IOException {
        return Files.size(file) < manifest.file().sizeBytes();
    }

    private InputStream open(MessageDigest hash) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("the stored file " + file + " is not there");
        }
        return new DigestInputStream(Progress.current().watching(BoundedFile.openNoLink(file)), hash);
    }

    /** What follows the last frame, or is not read yet, belongs to the file's hash too. */
    private void compareHash(InputStream stored, MessageDigest hash) throws IOException {
        stored.transferTo(OutputStream.nullOutputStream());
        String sha256 = HexFormat.of().formatHex(hash.digest());
        if (!sha256.equals(manifest.file().sha256())) {
            throw new IOException("the file's SHA-256 is " + sha256 + ", and was "
                    + manifest.file().sha256() + " when written");
        }
    }

    /**
     * Returns what the file was before it was stored. The reader may stop at any point, and nothing is compared.
     *
     * @throws IOException when the file is not there, or cannot be opened here
     */
    public InputStream plain() throws IOException {
        MessageDigest hash = Sha256.digest();
        InputStream stored = open(hash);
        try {
            return new ZstdInputStreamNoFinalizer(unsealed(stored, hash));
        } catch (IOException e) {
            stored.close();
            throw e;
        }
    }

    /**
     * The same for a program that needs only its beginning, such as {@code pg_restore --list}.
     *
     * @throws IOException when that much of it is damaged or not there, or the program fails
     */
    public void beginPouringInto(ClientProgram program) throws IOException, InterruptedException {
        pourInto(program, poured -> {}, false);
    }
}
