package org.pgsteward.backup.verify;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.restore.ScratchRestore;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The verification of a backup that this host cannot decrypt.
 *
 * <ol>
 *   <li>While a dump is encrypted, the same bytes go into a restore in a scratch cluster.
 *   <li>After the last byte, the rows are compared. Only then the backup gets its final name.
 * </ol>
 *
 * <p>It is weaker than {@link Verification}: it verifies the bytes before they are encrypted, not the bytes that the disk
 * returns.
 */
public final class StreamVerification implements AutoCloseable {
    private final long began = System.nanoTime();
    private final @Nullable ThrowawayCluster cluster;
    private final @Nullable ScratchRestore restore;
    private final @Nullable BaseVerification base;
    private Optional<String> inconclusive;
    private final List<String> lost = new ArrayList<>();

    private StreamVerification(
            BackupKind kind,
            @Nullable ThrowawayCluster cluster,
            @Nullable BaseVerification base,
            Optional<String> inconclusive) {
        this.cluster = cluster;
        this.restore = cluster == null ? null : new ScratchRestore(cluster, kind);
        this.base = base;
        this.inconclusive = inconclusive;
    }

    /** Creates the verification of a dump in a scratch cluster that has just started. */
    static StreamVerification in(ThrowawayCluster cluster, BackupKind kind) {
        return new StreamVerification(kind, cluster, null, Optional.empty());
    }

    /**
     * Creates the verification of a base backup, which is unpacked while it is made and started when it is complete.
     */
    static StreamVerification of(BaseVerification base) {
        return new StreamVerification(BackupKind.BASE, null, base, Optional.empty());
    }

    /** Creates a verification that cannot take place. The reason is no evidence against the backup. */
    static StreamVerification impossible(BackupKind kind, String because) {
        return new StreamVerification(kind, null, null, Optional.of(because));
    }

    /**
     * Prepares the scratch cluster for a dump of a database.
     *
     * @param role the owner of the database
     * @param extensions the extensions of the database, with their versions
     * @throws IOException if the scratch cluster fails
     */
    public void prepare(String role, Map<String, String> extensions, DatabaseEnvironment surroundings)
            throws IOException, InterruptedException {
        if (restore != null) {
            inconclusive = restore.prepare(role, extensions, surroundings);
        }
    }

    /** Returns a stream of the same bytes, which also restores each byte that is read from it. */
    public InputStream watching(InputStream dump) {
        return new FilterInputStream(dump) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                int read = read(one, 0, 1);
                return read < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int read = super.read(target, offset, length);
                if (read > 0) {
                    restore(target, offset, read);
                }
                return read;
            }
        };
    }

    /**
     * Ends the verification of a dump that was read to its end.
     *
     * @param manifest the contents that the restore must have
     * @return the reason why this host cannot verify the dump; empty if it is verified
     * @throws IOException if the dump cannot be restored, or its contents differ from the manifest
     */
    public Optional<String> finish(Manifest manifest) throws IOException, InterruptedException {
        if (base != null && inconclusive.isEmpty()) {
            return finish(base, manifest);
        }
        if (restore != null && inconclusive.isEmpty()) {
            inconclusive = restore.finish(manifest);
            lost.addAll(restore.lost());
        }
        return inconclusive;
    }

    /**
     * Returns the contents that a restore leaves empty or loses, one line each. The list is complete after {@link
     * #finish}.
     */
    public List<String> lost() {
        return List.copyOf(lost);
    }

    private Optional<String> finish(BaseVerification base, Manifest manifest) throws IOException, InterruptedException {
        try {
            base.archive().close();
            lost.addAll(base.verify(manifest));
            return Optional.empty();
        } catch (CannotTell e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Returns the time since the verification began. */
    public Duration took() {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private void restore(byte[] bytes, int offset, int length) throws IOException {
        if (base != null && inconclusive.isEmpty()) {
            try {
                base.archive().write(bytes, offset, length);
            } catch (CannotTell e) {
                inconclusive = Optional.of(String.valueOf(e.getMessage()));
            }
            return;
        }
        if (restore != null && inconclusive.isEmpty()) {
            inconclusive = restore.write(bytes, offset, length);
        }
    }

    @Override
    public void close() {
        if (base != null) {
            base.close();
        }
        if (restore != null) {
            restore.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }
}
