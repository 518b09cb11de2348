package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Memory;

@Tag("fast")
class MemoryReadingTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    cgroup v1 subtracts the hierarchy's idle file pages       | {"memory_stats":{"usage":85508096,"max_usage":90000000,"stats":{"inactive_file":1000,"total_inactive_file":50331648,"total_rss":30000000},"failcnt":0,"limit":268435456}} | 35176448  | 268435456
                    cgroup v2 subtracts inactive_file                         | {"memory_stats":{"usage":222298112,"stats":{"anon":180000000,"inactive_file":20971520,"active_file":1},"limit":268435456}} | 201326592 | 268435456
                    idle pages as large as the usage are not subtracted       | {"memory_stats":{"usage":4096,"stats":{"inactive_file":4096},"limit":8192}} | 4096 | 8192
                    Podman gives no details                                   | {"memory_stats":{"usage":4096,"max_usage":8192,"limit":16384}} | 4096 | 16384
                    """)
    void equalsTheFigureOfDockerStats(String sentence, String stats, long used, long limit) throws IOException {
        assertThat(MemoryReading.of(JSON.readTree(stats))).contains(new Memory(used, limit));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    a container that does not run, cgroup v1 | {"name":"/x","memory_stats":{}}
                    a stopped container on new engines       | {"os_type":"linux"}
                    no limit known                           | {"memory_stats":{"usage":4096}}
                    """)
    void hasNoFigureFor(String sentence, String stats) throws IOException {
        assertThat(MemoryReading.of(JSON.readTree(stats))).isEqualTo(Optional.empty());
    }
}
