package org.pgsteward.backup;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The proof of a backup that nobody here can open again.
 *
 * <ol>
 *   <li>While a dump is on its way to be sealed, the same bytes go into the restore of a scratch cluster.
 *   <li>When it is whole, the rows are compared, and only then it gets its name.
 * </ol>
 *
 * <p>It is weaker than {@link Proof}: what was restored is what was sealed, and not what the disk gives back.
 */
final class StreamProof implements AutoCloseable {
    private final BackupKind kind;
    private final long began = System.nanoTime();
    private final @Nullable ThrowawayCluster cluster;
    private final @Nullable BaseProof base;
    private @Nullable ClientProgram restore;
    private final GlobalsProof roles = new GlobalsProof();
    private Optional<String> cannotTell;
    private Optional<String> caveat = Optional.empty();
    private Set<String> schemas = Set.of();
    private final List<String> lost = new ArrayList<>();
    private String owner = "";

    private StreamProof(
            BackupKind kind,
            @Nullable ThrowawayCluster cluster,
            @Nullable BaseProof base,
            Optional<String> cannotTell) {
        this.kind = kind;
        this.cluster = cluster;
        this.base = base;
        this.cannotTell = cannotTell;
    }

    /** In a scratch cluster that has just started. */
    static StreamProof in(ThrowawayCluster cluster, BackupKind kind) {
        return new StreamProof(kind, cluster, null, Optional.empty());
    }

    /** Of a base backup: it is unpacked on its way, and started when it is whole. */
    static StreamProof of(BaseProof base) {
        return new StreamProof(BackupKind.BASE, null, base, Optional.empty());
    }

    /** None, for a reason that says nothing of the backup. */
    static StreamProof impossible(BackupKind kind, String because) {
        return new StreamProof(kind, null, null, Optional.of(because));
    }

    /** Makes ready for a dump of a database of {@code owner} that holds these extensions. */
    void prepare(String role, Map<String, String> extensions, Surroundings surroundings)
            throws IOException, InterruptedException {
        owner = role;
        if (cluster != null) {
            Proof.Restoring restoring = Proof.prepare(cluster, kind, role, extensions, surroundings);
            schemas = restoring.schemas();
            cannotTell = restoring.cannotTell();
            caveat = restoring.caveat();
            if (cannotTell.isEmpty() && kind != BackupKind.GLOBALS) {
                restore = ClientProgram.start(cluster.user(), restoring.command(), Map.of());
            }
        }
    }

    /** The same stream; what is read from it is restored, too. */
    InputStream watching(InputStream dump) {
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

    /** The dump is read to its end, and {@code manifest} says what it holds.
     *
     * @return why it cannot be told whether it can be restored, when it cannot
     * @throws IOException when it cannot be restored, or holds something else
     */
    Optional<String> finish(Manifest manifest) throws IOException, InterruptedException {
        if (base != null && cannotTell.isEmpty()) {
            return finish(base, manifest);
        }
        if (cluster != null && cannotTell.isEmpty()) {
            try {
                if (kind == BackupKind.GLOBALS) {
                    cannotTell = Proof.makeRoles(roles, cluster);
                } else if (restore != null) {
                    restore.input().close();
                    ScratchSite site = new ScratchSite(cluster, owner);
                    lost.addAll(restored(restore.awaitEnd(), site));
                    cannotTell = Proof.thisHosts(lost);
                    lost.addAll(Proof.lostContents(manifest, site));
                }
                if (cannotTell.isEmpty()) {
                    Proof.compareRows(manifest, cluster, kind);
                }
            } catch (IOException e) {
                cannotTell = Optional.of(Proof.orThrow(e, cluster, caveat));
            }
        }
        return cannotTell;
    }

    /**
     * Sorts the errors: what a restore from the stored file leaves out or tries again is none.
     *
     * @return the materialized views that a restore leaves empty
     */
    private List<String> restored(ClientProgram.Ended ended, RestoreSite site)
            throws IOException, InterruptedException {
        if (ended.exitCode() == 0) {
            return List.of();
        }
        return new MaterializedViews(site, ScratchDatabase.NAME).fillAgain(unfilled(ended));
    }

    /** Returns the commands that fill the views which {@code pg_restore} could not fill. */
    private List<String> unfilled(ClientProgram.Ended ended) throws IOException {
        RestoreErrors errors = RestoreErrors.of(ended.errors());
        List<String> views = new ArrayList<>();
        boolean all = errors.unnamed() == 0 && !errors.failures().isEmpty();
        for (RestoreErrors.Failure failure : errors.failures()) {
            String command = failure.command();
            if (command.startsWith("REFRESH MATERIALIZED VIEW ")) {
                views.add(command);
            } else {
                // An event trigger is left to the administrator, and a schema may be there for an extension.
                all &= command.startsWith("CREATE EVENT TRIGGER ") || isOfAnExtension(command);
            }
        }
        if (!all) {
            throw new IOException("pg_restore ended with exit code " + ended.exitCode() + ": " + ended.message());
        }
        return views;
    }

    private boolean isOfAnExtension(String command) {
        return schemas.stream()
                .anyMatch(schema -> command.equals("CREATE SCHEMA " + schema + ";")
                        || command.equals("CREATE SCHEMA " + Quote.identifier(schema) + ";"));
    }

    /** What a restore leaves empty or loses; known when it is finished. */
    List<String> lost() {
        return List.copyOf(lost);
    }

    private Optional<String> finish(BaseProof base, Manifest manifest) throws IOException, InterruptedException {
        try {
            base.archive().close();
            lost.addAll(base.prove(manifest));
            return Optional.empty();
        } catch (CannotTell e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    Duration took() {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private void restore(byte[] bytes, int offset, int length) throws IOException {
        if (base != null && cannotTell.isEmpty()) {
            try {
                base.archive().write(bytes, offset, length);
            } catch (CannotTell e) {
                cannotTell = Optional.of(String.valueOf(e.getMessage()));
            }
            return;
        }
        if (kind == BackupKind.GLOBALS) {
            roles.write(bytes, offset, length);
            return;
        }
        ClientProgram program = restore;
        if (program == null || cluster == null || cannotTell.isPresent()) {
            return;
        }
        try {
            OutputStream input = program.input();
            input.write(bytes, offset, length);
        } catch (IOException broken) {
            // It stopped reading, and knows why.
            cannotTell = Optional.of(why(cluster, program, broken));
        }
    }

    private String why(ThrowawayCluster cluster, ClientProgram program, IOException broken) throws IOException {
        try {
            program.awaitSuccess();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a dump was restored", e);
        } catch (IOException failed) {
            return Proof.orThrow(failed, cluster, caveat);
        }
        throw broken;
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
