package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.UnprivilegedUser;

@Tag("fast")
class DumpStreamTest {
    private static final String HALF_A_DUMP = "head -c 300000 /dev/zero; ";

    @Test
    void hashAndSizesMatchTheBytesRead() throws Exception {
        try (ClientProgram program = program("head -c 300000 /dev/zero");
                DumpStream stream = new DumpStream(program, program.output(), AgeKeys.NONE)) {
            byte[] stored = stream.readAllBytes();

            assertThat(stream.isWhole()).isTrue();
            assertThat(stream.sourceBytes()).isEqualTo(300_000);
            assertThat(stream.sizeBytes()).isEqualTo(stored.length);
            assertThat(stream.sha256Hex())
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(stored)));
            assertThat(new ZstdInputStream(new ByteArrayInputStream(stored)).readAllBytes())
                    .isEqualTo(new byte[300_000]);
        }
    }

    @Test
    void readByteByByteTheHashIsTheSame() throws Exception {
        try (ClientProgram program = program("printf 'a small dump'");
                DumpStream stream = new DumpStream(program, program.output(), AgeKeys.NONE)) {
            ByteArrayOutputStream stored = new ByteArrayOutputStream();
            for (int next = stream.read(); next >= 0; next = stream.read()) {
                stored.write(next);
            }
            assertThat(stream.sizeBytes()).isEqualTo(stored.size());
            assertThat(stream.sha256Hex())
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(stored.toByteArray())));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "exit 1                                  | ended with exit code 1",
                "echo 'disk of the server is full' >&2; exit 3 | exit code 3: disk of the server is full",
                "kill -KILL $$                           | ended with exit code 137",
                "kill -TERM $$                           | ended with exit code 143"
            })
    void aProgramThatDiesAfterHalfItsOutputNeverLooksLikeTheEnd(String end, String reason) throws Exception {
        try (ClientProgram program = program(HALF_A_DUMP + end);
                DumpStream stream = new DumpStream(program, program.output(), AgeKeys.NONE)) {
            assertThatThrownBy(() -> readToTheEnd(stream))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(reason);
            assertThatThrownBy(stream::read).as("second read").isInstanceOf(IOException.class);
            assertThat(stream.isWhole()).isFalse();
        }
    }

    @Test
    void aProgramThatFailsWithoutAnyOutputIsNoEmptyDump() throws Exception {
        try (ClientProgram program = program("exit 2");
                DumpStream stream = new DumpStream(program, program.output(), AgeKeys.NONE)) {
            assertThatThrownBy(() -> readToTheEnd(stream)).hasMessageContaining("exit code 2");
            assertThat(stream.isWhole()).isFalse();
        }
    }

    @Test
    void isNotWholeBeforeItsEndIsRead() throws Exception {
        try (ClientProgram program = program("head -c 300000 /dev/urandom");
                DumpStream stream = new DumpStream(program, program.output(), AgeKeys.NONE)) {
            assertThat(stream.read()).isNotNegative();
            assertThat(stream.isWhole()).isFalse();
        }
    }

    @Test
    void refusesToSkipBytes() throws Exception {
        try (ClientProgram program = program("echo one");
                DumpStream stream = new DumpStream(program, program.output(), AgeKeys.NONE)) {
            assertThatThrownBy(() -> stream.skip(1)).isInstanceOf(IOException.class);
            assertThat(stream.markSupported()).isFalse();
        }
    }

    /**
     * Reads all bytes, like the file endpoint of a route.
     *
     * @return their number
     */
    private static long readToTheEnd(InputStream stream) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        long count = 0;
        for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
            count += read;
        }
        return count;
    }

    private static ClientProgram program(String script) throws IOException {
        return ClientProgram.start(UnprivilegedUser.ofThisProcess(), List.of("/bin/sh", "-c", script), Map.of());
    }
}
