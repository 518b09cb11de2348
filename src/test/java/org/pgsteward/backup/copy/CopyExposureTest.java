package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class CopyExposureTest {
    private static final String MOUNTS = """
            22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            30 22 0:50 / /mnt/nas rw,relatime - nfs4 nas:/export rw
            31 30 8:17 / /mnt/nas/disk rw - ext4 /dev/sdb1 rw
            32 22 0:51 / /mnt/my\\040share rw - cifs //nas/share rw
            33 22 0:52 / /mnt/other rw - fuse.sshfs host:/ rw
            34 22 8:33 / /mnt/other rw - xfs /dev/sdc1 rw
            broken line
            """;

    private static final String CONFIG = """
            [nas]
            type = sftp
            host = nas

            [secret]
            type = crypt
            remote = nas:pgsteward

            [both]
            type = union
            upstreams = secret:a nas:b

            [disk]
            type = local
            """;

    @Test
    void aFolderOnAnotherMachineIsExposed() {
        assertThat(CopyExposure.ofFolder(Path.of("/mnt/nas/backups"), MOUNTS))
                .hasValue("the folder /mnt/nas/backups is on another machine (nfs4)");
        assertThat(CopyExposure.ofFolder(Path.of("/mnt/my share/backups"), MOUNTS)
                        .orElseThrow())
                .contains("cifs");
        assertThat(CopyExposure.ofFolder(Path.of("/mnt/nas/../nas"), MOUNTS)).isPresent();
    }

    @Test
    void aFolderOnADiskOfThisHostIsNot() {
        assertThat(CopyExposure.ofFolder(Path.of("/mnt/nas/disk/backups"), MOUNTS))
                .isEmpty();
        assertThat(CopyExposure.ofFolder(Path.of("/mnt/nasty"), MOUNTS)).isEmpty();
        assertThat(CopyExposure.ofFolder(Path.of("/mnt/other"), MOUNTS)).isEmpty();
    }

    @Test
    void aRemoteIsExposedUnlessAllItsPartsAreEncrypted() {
        assertThat(CopyExposure.ofRemote("nas:pgsteward", CONFIG))
                .hasValue("the remote nas of rclone is not of type crypt");
        assertThat(CopyExposure.ofRemote("secret:", CONFIG)).isEmpty();
        assertThat(CopyExposure.ofRemote("both:", CONFIG)).isPresent();
        assertThat(CopyExposure.ofRemote("disk:/srv", CONFIG)).isEmpty();
    }
}
