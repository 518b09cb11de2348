package org.pgsteward.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.postgres.UnprivilegedUser;

@Tag("fast")
class UntarTest {
    private static final long PLENTY = 1 << 20;

    @TempDir
    private Path parent;

    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(parent.resolve("data"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 511, 512, 513, 100_000})
    void unpacksPiecesOfAnySize(int piece) throws IOException {
        byte[] archive = archive(
                entry("base", '5', ""),
                entry("base/1", '0', "content of 1"),
                entry("empty", '0', ""),
                entry("base/block", '0', "x".repeat(512)));
        try (Untar untar = untar(PLENTY)) {
            for (int at = 0; at < archive.length; at += piece) {
                untar.write(archive, at, Math.min(piece, archive.length - at));
            }
        }
        assertThat(folder.resolve("base/1")).hasContent("content of 1");
        assertThat(folder.resolve("empty")).isEmptyFile();
        assertThat(folder.resolve("base/block")).hasSize(512);
        assertThat(Files.getPosixFilePermissions(folder.resolve("base/1"))).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../out", "/tmp/pgsteward-out", "base/../../out", "..", "base/..", ""})
    void aNameThatLeadsOutOfTheFolderIsRefused(String name) {
        assertThatThrownBy(() -> unpack(entry("base", '5', ""), entry(name, '0', "hostile")))
                .hasMessageContaining("is outside its folder");
        assertThat(parent.resolve("out")).doesNotExist();
        assertThat(Path.of("/tmp/pgsteward-out")).doesNotExist();
    }

    @ParameterizedTest(name = "type {0}")
    @CsvSource({
        "1, a hard link",
        "2, a symbolic link",
        "3, a device",
        "4, a device",
        "6, a pipe",
        "L, a long name",
        "x, pax"
    })
    void refusesEntriesThatAreNeitherFileNorFolder(char type, String what) {
        assertThatThrownBy(() -> unpack(entry("link", type, ""), entry("link/out", '0', "hostile")))
                .as(what)
                .hasMessageContaining("neither a file nor a folder");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void refusesToOverwriteAFile() {
        assertThatThrownBy(() -> unpack(entry("PG_VERSION", '0', "15"), entry("PG_VERSION", '0', "99")))
                .hasMessageContaining("twice");
        assertThat(folder.resolve("PG_VERSION")).hasContent("15");
    }

    @Test
    void anArchiveThatGrewIsRefusedBeforeItFillsTheDisk() {
        assertThatThrownBy(() -> {
                    try (Untar untar = untar(1024)) {
                        untar.write(archive(entry("large", '0', "x".repeat(5000))));
                    }
                })
                .hasMessageContaining("longer than when it was");
    }

    @Test
    void aTruncatedArchiveIsRefused() {
        byte[] archive = archive(entry("file", '0', "content"));
        assertThatThrownBy(() -> {
                    try (Untar untar = untar(PLENTY)) {
                        untar.write(archive, 0, archive.length - 1024);
                    }
                })
                .hasMessageContaining("the archive is truncated");
        assertThatThrownBy(() -> untar(PLENTY).close()).hasMessageContaining("the archive is truncated");
    }

    @Test
    void aDamagedHeaderIsRefused() {
        byte[] archive = archive(entry("file", '0', "content"));
        archive[3] ^= 1;
        assertThatThrownBy(() -> {
                    try (Untar untar = untar(PLENTY)) {
                        untar.write(archive);
                    }
                })
                .hasMessageContaining("corrupt header");
    }

    @Test
    void sizesOverEightGibibytesAreRead() {
        byte[] huge = entry("huge", '0', "");
        Arrays.fill(huge, 124, 136, (byte) 0);
        huge[124] = (byte) 0x80;
        // 9 GiB = 0x02_4000_0000
        huge[131] = 2;
        huge[132] = 0x40;
        sum(huge);
        assertThatThrownBy(() -> {
                    try (Untar untar = untar(Long.MAX_VALUE)) {
                        untar.write(huge);
                        untar.write(new byte[4096]);
                    }
                })
                .hasMessageContaining("the archive is truncated");
        assertThat(folder.resolve("huge")).hasSize(4096);
    }

    private void unpack(byte[]... entries) throws IOException {
        try (Untar untar = untar(PLENTY)) {
            untar.write(archive(entries));
        }
    }

    private Untar untar(long most) throws IOException {
        return new Untar(folder, UnprivilegedUser.ofThisProcess(), most);
    }

    private static byte[] archive(byte[]... entries) {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        Stream.of(entries).forEach(archive::writeBytes);
        archive.writeBytes(new byte[1024]);
        return archive.toByteArray();
    }

    private static byte[] entry(String name, char type, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        byte[] entry = new byte[512 + (bytes.length + 511) / 512 * 512];
        put(entry, 0, name);
        put(entry, 124, String.format("%011o", bytes.length));
        entry[156] = (byte) type;
        sum(entry);
        System.arraycopy(bytes, 0, entry, 512, bytes.length);
        return entry;
    }

    private static void sum(byte[] entry) {
        Arrays.fill(entry, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += entry[i] & 0xff;
        }
        put(entry, 148, String.format("%06o\0", sum));
    }

    private static void put(byte[] entry, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, entry, at, bytes.length);
    }
}
