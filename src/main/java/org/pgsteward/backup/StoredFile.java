package org.pgsteward.backup;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.pgsteward.postgres.ClientProgram;

/** A backup's file, read as what it was before it was stored, and compared with its manifest on the way. */
record StoredFile(Path file, Manifest manifest) {
    /**
     * Gives all of it to a program that reads, and waits for the program's end.
     *
     * @throws IOException when the file is not there, damaged, or not the one that was written, or the program fails
     */
    void pourInto(ClientProgram program) throws IOException, InterruptedException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("the stored file " + file + " is not there");
        }
        MessageDigest hash = DumpStream.sha256();
        try (InputStream stored = new DigestInputStream(Files.newInputStream(file), hash)) {
            try (OutputStream input = program.input()) {
                new ZstdInputStream(stored).transferTo(input);
                // What follows the last frame belongs to the file's hash too.
                stored.transferTo(OutputStream.nullOutputStream());
            } catch (ZstdIOException damaged) {
                throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
            } catch (IOException broken) {
                // The program stopped reading, and knows why.
                program.awaitSuccess();
                throw broken;
            }
            program.awaitSuccess();
        }
        compare(hash);
    }

    /**
     * Gives all of it to something of our own, and closes that.
     *
     * @throws IOException when the file is not there, damaged, or not the one that was written
     */
    void pourInto(OutputStream target) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("the stored file " + file + " is not there");
        }
        MessageDigest hash = DumpStream.sha256();
        try (InputStream stored = new DigestInputStream(Files.newInputStream(file), hash);
                target) {
            new ZstdInputStream(stored).transferTo(target);
            stored.transferTo(OutputStream.nullOutputStream());
        } catch (ZstdIOException damaged) {
            throw new IOException("the stored file is damaged: " + damaged.getMessage(), damaged);
        }
        compare(hash);
    }

    private void compare(MessageDigest hash) throws IOException {
        String sha256 = HexFormat.of().formatHex(hash.digest());
        if (!sha256.equals(manifest.sha256())) {
            throw new IOException(
                    "the file's SHA-256 is " + sha256 + ", and was " + manifest.sha256() + " when written");
        }
    }
}
