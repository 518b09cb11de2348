package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;

/** The comparison of a file here with files at a remote: by the hash that the remote reports, or by reading back. */
final class RcloneComparison {
    private final Outgoing file;
    private final RcloneRemote remote;
    private final Rclone rclone;
    private final RcloneRemote.Abilities abilities;
    private Optional<String> localHash = Optional.empty();

    RcloneComparison(Outgoing file, RcloneRemote remote, Rclone rclone, RcloneRemote.Abilities abilities) {
        this.file = file;
        this.remote = remote;
        this.rclone = rclone;
        this.abilities = abilities;
    }

    /** Returns the file of a path there, with its hash if the remote has hashes; empty if it does not exist. */
    Optional<RcloneRemote.Found> find(String path) throws IOException, InterruptedException {
        return remote.find(rclone, path, abilities.hash(), file.sizeBytes());
    }

    /** Throws if the file there is missing or differs. */
    void require(String path) throws IOException, InterruptedException {
        Optional<RcloneRemote.Found> found = find(path);
        if (found.isEmpty()) {
            throw new IOException("the copy " + remote.of(path) + " is missing after its upload");
        }
        Optional<String> difference = difference(path, found.get());
        if (difference.isPresent()) {
            throw new IOException("the copy " + remote.of(path) + " " + difference.get());
        }
    }

    /** Returns the difference, such as {@code has 3 bytes instead of 4}; empty without one. */
    Optional<String> difference(String path, RcloneRemote.Found found) throws IOException, InterruptedException {
        if (found.size() >= 0 && found.size() != file.sizeBytes()) {
            return Optional.of("has " + found.size() + " bytes instead of " + file.sizeBytes());
        }
        return found.hash().isPresent()
                ? difference(abilities.algorithm(), found.hash().get(), here())
                : difference("SHA-256", readBack(path), file.sha256());
    }

    private static Optional<String> difference(String algorithm, String there, String here) {
        return there.equalsIgnoreCase(here)
                ? Optional.empty()
                : Optional.of("has the " + algorithm + " " + there + " instead of " + here);
    }

    /** Returns the hash of the file here in the algorithm of the remote, and verifies its SHA-256 while reading. */
    private String here() throws IOException {
        if (abilities.algorithm().equals("SHA-256")) {
            return file.sha256();
        }
        if (localHash.isEmpty()) {
            MessageDigest digest = Sha256.digest();
            MessageDigest other = digest(abilities.algorithm());
            try (InputStream in =
                    new DigestInputStream(new DigestInputStream(BoundedFile.openNoLink(file.file()), digest), other)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            String found = HexFormat.of().formatHex(digest.digest());
            if (!found.equals(file.sha256())) {
                throw new IOException(file.file() + " here has the SHA-256 " + found + " instead of " + file.sha256());
            }
            localHash = Optional.of(HexFormat.of().formatHex(other.digest()));
        }
        return localHash.get();
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no " + algorithm, e);
        }
    }

    private String readBack(String path) throws IOException, InterruptedException {
        MessageDigest digest = Sha256.digest();
        try (InputStream back = new DigestInputStream(
                rclone.start(Rclone.limit(file.sizeBytes(), 0), "cat", remote.of(path)), digest)) {
            back.transferTo(OutputStream.nullOutputStream());
        } catch (InterruptedIOException e) {
            throw (InterruptedException) new InterruptedException("interrupted during rclone").initCause(e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
