package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.backup.Zstd;

@Tag("fast")
class CompressedStreamTest {
    private static final int TEN_MEGABYTES = 10 * 1024 * 1024;

    @TempDir
    private Path folder;

    enum Sample {
        EMPTY,
        ONE_BYTE,
        /** With its headers this sample is longer than the buffer, so the end of the frame takes two calls. */
        ONE_BUFFER_LESS_A_BYTE,
        ONE_BUFFER,
        ONE_BUFFER_AND_A_BYTE,
        AS_LONG_AS_A_TRIAL,
        RANDOM,
        COMPRESSIBLE;

        byte[] bytes() {
            return switch (this) {
                case EMPTY -> new byte[0];
                case ONE_BYTE -> new byte[] {42};
                case ONE_BUFFER_LESS_A_BYTE -> random(128 * 1024 - 1);
                case ONE_BUFFER -> random(128 * 1024);
                case ONE_BUFFER_AND_A_BYTE -> random(128 * 1024 + 1);
                case AS_LONG_AS_A_TRIAL -> random(1 << 20);
                case RANDOM -> random(TEN_MEGABYTES);
                case COMPRESSIBLE ->
                    "the same line again and again\n".repeat(TEN_MEGABYTES / 30).getBytes(StandardCharsets.UTF_8);
            };
        }

        private static byte[] random(int length) {
            byte[] bytes = new byte[length];
            new Random(length).nextBytes(bytes);
            return bytes;
        }
    }

    @ParameterizedTest
    @EnumSource
    void decompressesToTheSameBytes(Sample sample) throws IOException {
        byte[] plain = sample.bytes();
        try (CompressedStream stream = new CompressedStream(new ByteArrayInputStream(plain))) {
            byte[] compressed = stream.readAllBytes();

            assertThat(stream.read()).as("reading after the end").isEqualTo(-1);
            assertThat(stream.sourceBytes()).isEqualTo(plain.length);
            assertThat(new ZstdInputStream(new ByteArrayInputStream(compressed)).readAllBytes())
                    .isEqualTo(plain);
        }
    }

    @Test
    void compressesSamplesThatCanBeCompressed() throws IOException {
        byte[] plain = Sample.COMPRESSIBLE.bytes();
        try (CompressedStream stream = new CompressedStream(new ByteArrayInputStream(plain))) {
            assertThat(stream.readAllBytes().length).isLessThan(plain.length / 100);
        }
    }

    /**
     * Random digits, then prose, then random digits. The stream makes more than two frames, and compresses the
     * middle one at another level.
     */
    @Test
    void choosesACompressionLevelForEachFrame() throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        byte[] plain = new byte[150 << 20];
        Random random = new Random(1);
        for (int at = 0; at < plain.length; at++) {
            plain[at] = (byte) ('a' + random.nextInt(at < 70 << 20 ? 16 : 3));
        }
        Path file = folder.resolve("frames.zst");
        try (CompressedStream stream = new CompressedStream(new ByteArrayInputStream(plain))) {
            Files.copy(stream, file);
        }
        Process zstd = new ProcessBuilder("zstd", "--decompress", "--stdout", "--quiet", file.toString()).start();
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        try (InputStream read = new DigestInputStream(zstd.getInputStream(), hash)) {
            read.transferTo(OutputStream.nullOutputStream());
        }
        assertThat(hash.digest()).isEqualTo(MessageDigest.getInstance("SHA-256").digest(plain));
        Process list = new ProcessBuilder("zstd", "--list", "-v", file.toString()).start();
        assertThat(new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .containsPattern("(?i)frames: 3");
    }

    @Test
    void aFlippedByteFailsTheDecompression() throws IOException {
        try (CompressedStream stream = new CompressedStream(new ByteArrayInputStream(Sample.RANDOM.bytes()))) {
            byte[] compressed = stream.readAllBytes();
            compressed[compressed.length / 2] ^= 1;
            assertThatThrownBy(() -> new ZstdInputStream(new ByteArrayInputStream(compressed)).readAllBytes())
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void readingByteByByteGivesTheSameBytes() throws IOException {
        byte[] plain = Sample.ONE_BUFFER_AND_A_BYTE.bytes();
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (CompressedStream stream = new CompressedStream(new ByteArrayInputStream(plain))) {
            for (int next = stream.read(); next >= 0; next = stream.read()) {
                compressed.write(next);
            }
        }
        assertThat(new ZstdInputStream(new ByteArrayInputStream(compressed.toByteArray())).readAllBytes())
                .isEqualTo(plain);
    }

    @ParameterizedTest
    @EnumSource
    void theZstdProgramReadsIt(Sample sample) throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        byte[] plain = sample.bytes();
        Path file = folder.resolve("sample.zst");
        try (CompressedStream stream = new CompressedStream(new ByteArrayInputStream(plain))) {
            Files.copy(stream, file);
        }
        Process zstd = new ProcessBuilder("zstd", "--decompress", "--stdout", "--quiet", file.toString()).start();
        assertThat(zstd.getInputStream().readAllBytes()).isEqualTo(plain);
        assertThat(zstd.waitFor()).isZero();
    }

    /** The source has 2 GiB. A stream that keeps its bytes, or reads far ahead, would exceed the limit. */
    @Test
    void memoryIsAFewBuffersHoweverLongTheSource() throws IOException {
        long length = 2L << 30;
        Endless source = new Endless(length);
        long most = 0;
        long taken = 0;
        byte[] buffer = new byte[8192];
        try (CompressedStream stream = new CompressedStream(source)) {
            ZstdInputStream plain = new ZstdInputStream(stream);
            for (int read = plain.read(buffer); read >= 0; read = plain.read(buffer)) {
                taken += read;
                most = Math.max(most, source.given - taken);
            }
        }
        assertThat(taken).isEqualTo(length);
        // zstd holds back up to one block of 128 KiB on each side of the buffers.
        assertThat(most).as("bytes between the source and the reader").isLessThan(16L << 20);
    }

    @Test
    void readsAtMostOneTrialAheadOfTheReader() throws IOException {
        Endless source = new Endless(1L << 30);
        try (CompressedStream stream = new CompressedStream(source)) {
            assertThat(stream.read()).isNotNegative();
            assertThat(source.given).isLessThan(8L << 20);
        }
    }

    /**
     * The streams of nineteen runs were still referenced and once used up all direct memory, so every night failed.
     */
    @Test
    void closedStreamsHoldNoDirectMemory() throws IOException {
        long before = direct().getMemoryUsed();
        List<CompressedStream> referredTo = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            try (CompressedStream stream = new CompressedStream(new Endless(1 << 21))) {
                assertThat(stream.readNBytes(1000)).hasSize(1000);
                referredTo.add(stream);
            }
        }
        assertThat(direct().getMemoryUsed() - before)
                .as("bytes of direct memory that %d closed streams hold", referredTo.size())
                .isLessThan(1 << 20);
    }

    private static BufferPoolMXBean direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aClosedStreamBreaksTheReaderAndIsNotTakenForAWholeOne() throws IOException {
        CompressedStream stream = new CompressedStream(new Endless(1 << 21));
        assertThat(stream.read()).isNotNegative();
        stream.close();
        assertThatThrownBy(() -> stream.read()).isInstanceOf(IOException.class);
    }

    @Test
    void aSourceThatBreaksBreaksTheReader() throws IOException {
        InputStream broken = new FilterInputStream(new Endless(1L << 30)) {
            private int reads;

            @Override
            public int read(byte[] target, int offset, int wanted) throws IOException {
                if (reads++ == 20) {
                    throw new IOException("the pipe broke");
                }
                return super.read(target, offset, wanted);
            }
        };
        try (CompressedStream stream = new CompressedStream(broken)) {
            assertThatThrownBy(() -> stream.transferTo(OutputStream.nullOutputStream()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the pipe broke");
        }
    }

    /** A source with a limited or almost unlimited number of bytes, which counts the bytes that it has given. */
    private static final class Endless extends InputStream {
        private final byte[] pattern = Sample.random(1 << 16);
        private final long length;
        private long given;

        Endless(long length) {
            this.length = length;
        }

        @Override
        public int read() {
            return given >= length ? -1 : pattern[(int) (given++ % pattern.length)] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int wanted) {
            if (given >= length) {
                return -1;
            }
            int count = (int) Math.min(Math.min(wanted, pattern.length), length - given);
            System.arraycopy(pattern, 0, target, offset, count);
            given += count;
            return count;
        }
    }
}
