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

/** The file of a backup. It is decrypted and decompressed while it is read, and compared with its manifest. */
public record StoredFile(Path file, Manifest manifest, AgeKeys keys) {
    /** Bytes, the capacity of a pipe. */
    private static final int BUFFER = 64 * 1024;

    /**
     * Writes the whole content to a program, and waits for the program's end.
     *
     * @throws AgeKeys.NotForUs if the file is intact and encrypted to other keys
     * @throws IOException if the file is missing, damaged or not the written one, or the program fails
     */
    public void pourInto(ClientProgram program) throws IOException, InterruptedException {
        pourInto(program, poured -> {});
    }

    /**
     * Writes the whole content to a program, waits for the program's end, and reports the progress.
     *
     * @param poured receives the number of bytes written so far
     * @throws AgeKeys.NotForUs if the file is intact and encrypted to other keys
     * @throws IOException if the file is missing, damaged or not the written one, or the program fails
     */
    public void pourInto(ClientProgram program, LongConsumer poured) throws IOException, InterruptedException {
        pourInto(program, poured, true);
    }

    private void pourInto(ClientProgram program, LongConsumer poured, boolean toTheEnd)
            throws IOException, InterruptedException {
        MessageDigest hash = Sha256.digest();
        // Without a finalizer: one would close the file as soon as the stream is unreachable, before all of it is
        // hashed.
        try (InputStream stored = open(hash);
                InputStream plain = new ZstdInputStreamNoFinalizer(decrypted(stored, hash))) {
            try (OutputStream input = program.input()) {
                copy(plain, input, poured);
            } catch (ZstdIOException damaged) {
                throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
            } catch (PayloadException damaged) {
                throw new IOException("the stored file is damaged: decryption failed", damaged);
            } catch (IOException broken) {
                // The program stopped reading: it failed, or it has all the input it needs. Its exit code decides.
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
     * Writes the whole content to a stream and closes it.
     *
     * @throws IOException if the file is missing, damaged or not the written one
     */
    public void pourInto(OutputStream target) throws IOException {
        MessageDigest hash = Sha256.digest();
        try (InputStream stored = open(hash);
                InputStream plain = new ZstdInputStreamNoFinalizer(decrypted(stored, hash))) {
            // The target is closed first, since its error may be more precise than a wrong hash.
            try (target) {
                copy(plain, target, poured -> {});
            } catch (ZstdIOException | PayloadException damaged) {
                throw damaged;
            } catch (IOException missed) {
                throw isCutOff() ? new IOException("the stored file is damaged: it is truncated", missed) : missed;
            }
            compareHash(stored, hash);
        } catch (ZstdIOException damaged) {
            throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
        }
    }

    /**
     * Compares the hash without decrypting.
     *
     * @throws IOException if the file is missing or not the written one
     */
    public void check() throws IOException {
        MessageDigest hash = Sha256.digest();
        try (InputStream stored = open(hash)) {
            compareHash(stored, hash);
        }
    }

    private InputStream decrypted(InputStream stored, MessageDigest hash) throws IOException {
        if (!manifest.file().isEncrypted()) {
            return stored;
        }
        try {
            return keys.opening(stored);
        } catch (AgeKeys.NotForUs encrypted) {
            // A flipped bit in the header causes the same exception.
            compareHash(stored, hash);
            throw encrypted;
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

    /**
     * Returns whether the file is truncated. zstd-jni takes a truncated last frame for the end of the stream if one
     * buffer also holds the end of another frame.
     */
    private boolean isCutOff() throws IOException {
        return Files.size(file) < manifest.file().sizeBytes();
    }

    private InputStream open(MessageDigest hash) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("the stored file " + file + " is missing");
        }
        return new DigestInputStream(Progress.current().watching(BoundedFile.openNoLink(file)), hash);
    }

    /**
     * Compares the hash of the whole file. It includes bytes after the last frame, and bytes that were not read yet.
     */
    private void compareHash(InputStream stored, MessageDigest hash) throws IOException {
        stored.transferTo(OutputStream.nullOutputStream());
        String sha256 = HexFormat.of().formatHex(hash.digest());
        if (!sha256.equals(manifest.file().sha256())) {
            throw new IOException("the SHA-256 of the file is " + sha256 + " instead of "
                    + manifest.file().sha256());
        }
    }

    /**
     * Returns the decrypted and decompressed content. The reader may stop at any point, and the hash is not compared.
     *
     * @throws IOException if the file is missing or cannot be decrypted here
     */
    public InputStream plain() throws IOException {
        MessageDigest hash = Sha256.digest();
        InputStream stored = open(hash);
        try {
            return new ZstdInputStreamNoFinalizer(decrypted(stored, hash));
        } catch (IOException e) {
            stored.close();
            throw e;
        }
    }

    /**
     * Writes the content to a program that may stop reading early, such as {@code pg_restore --list}.
     *
     * @throws IOException if the part that it reads is damaged or missing, or the program fails
     */
    public void beginPouringInto(ClientProgram program) throws IOException, InterruptedException {
        pourInto(program, poured -> {}, false);
    }
}
