package org.pgsteward.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The encryption of devices, on {@code /proc} and {@code /sys} of hosts. {@code virtual-machine.txt} is recorded. The
 * others follow the kernel's documentation of these files, and are not recorded.
 */
@Tag("fast")
class EncryptionTest {
    private static final String STATE = "/var/lib/pgsteward/state";
    private static final String DATA = "/var/lib/postgresql/data";
    private static final String ON_DISK = " without a device of LUKS; the disk itself or a hypervisor may encrypt it";

    @TempDir
    Path root;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "luks            | state | encrypted, LUKS2 on sda3_crypt",
                "luks            | data  | not visible, on sda DISK",
                "lvm-on-luks     | state | encrypted, LUKS2 on nvme0n1p3_crypt",
                "lvm-on-luks     | data  | encrypted, LUKS2 on nvme0n1p3_crypt",
                "luks-on-lvm     | state | encrypted, LUKS1 on data",
                "md              | state | not visible, on sda DISK",
                "md              | data  | partly encrypted, LUKS2 on sda2_crypt; not on sdb",
                "btrfs           | state | encrypted, LUKS2 on cryptroot",
                "btrfs           | data  | partly encrypted, LUKS2 on cryptdata; not on sdb",
                "btrfs           | /plain/x | not visible, on sdb DISK",
                "luks            | /opt/pgsteward | not visible, in the container's own layer, whose disk only the host shows",
                "others          | /zfs | not visible, on ZFS, which does not show it here; on the host: zfs get encryption 'rpool/data/docker'",
                "others          | /memory/a | not visible, in memory (tmpfs); tmpfs also uses the swap of the host",
                "others          | /share | not visible, on another machine (nfs4)",
                "others          | /cipher/b | encrypted, fuse.gocryptfs",
                "others          | /virtio | not visible, on a file system that names no device (virtiofs)",
                "others          | /with space/c | not visible, on sda DISK",
                "others          | /with | not visible, in the container's own layer, whose disk only the host shows",
                "others          | /verity | not visible, on sda DISK",
                "others          | /covered | not visible, in memory (tmpfs); tmpfs also uses the swap of the host",
                "virtual-machine | state | not visible, on vda DISK",
                "virtual-machine | /tmp/minutes/mnt/a | not visible, in the file /tmp/minutes/loop.img; for its device, on the host: findmnt -T '/tmp/minutes/loop.img'",
            })
    void theDevicesBelowAFolderAreRead(String host, String folder, String expected) throws IOException {
        record(host);
        Path path = Path.of(folder.equals("state") ? STATE : folder.equals("data") ? DATA : folder);
        Encryption found = EncryptionRule.judge(new StorageReading(root).read("state", path));
        assertThat(found.state() + ", " + found.detail()).isEqualTo(expected.replace(" DISK", ON_DISK));
    }

    @Test
    void aFolderThatNoSettingNamesIsNotVisible() {
        assertThat(EncryptionProbe.probe(Map.of("backups", root.resolve("missing"))))
                .extracting(Encryption::holds)
                .containsExactly("backups", "PostgreSQL's data");
    }

    /** A real file system in a file, then LUKS in it if the kernel has the device mapper. */
    @Test
    void realDevicesAreRecognised() throws Exception {
        Path image = root.resolve("image");
        Path mount = Files.createDirectory(root.resolve("mount"));
        Files.writeString(root.resolve("key"), "a passphrase for a test");
        String script = """
                set -eu
                cd "$1"
                truncate -s 64M image
                mkfs.ext4 -q image
                mount -o loop image mount
                """;
        assumeTrue(runs(script), "skipped: cannot mount a file; run the tests as root, with loop devices");
        try {
            assertThat(probe(mount)).startsWith("not visible, in the file " + image + ";");
        } finally {
            assertThat(runs("umount \"$1/mount\"")).isTrue();
        }

        String encrypted = """
                set -eu
                cd "$1"
                [ -e /sys/class/misc/device-mapper ]
                cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 image key
                cryptsetup open --key-file key image pgsteward-test-$$
                echo pgsteward-test-$$ >name
                mkfs.ext4 -q /dev/mapper/pgsteward-test-$$
                mount /dev/mapper/pgsteward-test-$$ mount
                """;
        assumeTrue(
                runs(encrypted),
                "skipped: LUKS needs cryptsetup, root, and a kernel with the device mapper (dm_crypt)");
        try {
            assertThat(probe(mount)).startsWith("encrypted, LUKS2 on pgsteward-test-");
        } finally {
            assertThat(runs("umount \"$1/mount\" && cryptsetup close \"$(cat \"$1/name\")\""))
                    .isTrue();
        }
    }

    private static String probe(Path folder) {
        Encryption found = EncryptionProbe.probe(Map.of("state", folder)).get(0);
        return found.state() + ", " + found.detail();
    }

    private boolean runs(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of("sh", "-c", script, "sh", root.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(2, TimeUnit.MINUTES) && process.exitValue() == 0;
    }

    /** Makes the tree of a host. A line is {@code mount LINE}, {@code link PATH -> TARGET} or {@code file PATH = VALUE}. */
    private void record(String host) throws IOException {
        StringBuilder mounts = new StringBuilder();
        for (String line :
                Files.readAllLines(Path.of("src/test/resources/org/pgsteward/doctor/hosts", host + ".txt"))) {
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "mount" -> mounts.append(words[1]).append('\n');
                case "link" -> {
                    String[] ends = words[1].split(" -> ", 2);
                    Path target = Files.createDirectories(inRoot(ends[1]));
                    Files.createSymbolicLink(made(ends[0]), target);
                }
                case "file" -> {
                    String[] parts = words[1].split(" = ", 2);
                    Files.writeString(made(parts[0]), parts[1] + "\n", StandardCharsets.UTF_8);
                }
                default -> Files.createDirectories(inRoot(words[1]));
            }
        }
        Files.writeString(made("/proc/self/mountinfo"), mounts);
    }

    private Path made(String path) throws IOException {
        Path made = inRoot(path);
        Files.createDirectories(made.resolveSibling(""));
        return made;
    }

    private Path inRoot(String path) {
        return root.resolve(path.substring(1));
    }
}
