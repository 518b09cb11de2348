package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.pgsteward.backup.copy.ends.FaultyLink;
import org.pgsteward.backup.copy.ends.MountedFolder;
import org.pgsteward.backup.copy.ends.SftpEnd;

/** OpenSSH with a folder, behind a link with faults. Its disk can be full. */
final class FaultyServer implements AutoCloseable {
    /** The speed of a slow link, in bytes a second: a backup takes a second and more. */
    private static final int SLOWEST = 300_000;

    private final CopyFaultCase of;
    private final Optional<MountedFolder> disk;
    private final SftpEnd end;
    private final FaultyLink link;

    FaultyServer(CopyFaultCase of) throws Exception {
        this.of = of;
        disk = of.fault() == CopyFault.FULL ? Optional.of(MountedFolder.of("4m")) : Optional.empty();
        end = disk.isPresent() ? SftpEnd.on(disk.get()) : SftpEnd.start();
        end.forgive();
        link = FaultyLink.to(end.port());
    }

    SftpEnd end() {
        return end;
    }

    /** Returns the port of the link. */
    int port() {
        return link.port();
    }

    /** Returns the folder of the server, also while the server cannot be reached. */
    Path behind() {
        return end.served();
    }

    void fail() throws Exception {
        switch (of.fault()) {
            case LINK_CUT -> link.cutAfter(of.moment().way(), of.moment().bytes());
            case FULL -> FaultyDisk.fill(disk.orElseThrow(), of.moment());
            case READ_ONLY -> end.readOnly(true);
            case GONE -> {
                if (of.variant(2) == 0) {
                    link.refuse();
                } else {
                    end.stop();
                }
            }
            case CREDENTIALS_REVOKED -> end.revokeKey();
            case CLOCK_AHEAD -> link.refuse();
            case SLOW -> {
                if (of.variant(2) == 0) {
                    link.slow(SLOWEST + of.moment().bytes());
                } else {
                    link.stall();
                }
            }
            default -> throw new IllegalStateException("no fault of a server: " + of);
        }
    }

    void recover() throws Exception {
        switch (of.fault()) {
            case FULL -> disk.orElseThrow().free();
            case READ_ONLY -> end.readOnly(false);
            case CREDENTIALS_REVOKED -> end.restoreKey();
            case GONE -> {
                if (of.variant(2) == 0) {
                    link.recover();
                } else {
                    end.restart();
                }
            }
            default -> link.recover();
        }
    }

    @Override
    public void close() throws IOException {
        link.close();
        end.close();
        if (disk.isPresent()) {
            disk.get().close();
        }
    }
}
