package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class BoundedJsonTest {
    private final ObjectMapper json = new ObjectMapper();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // As sent | as read
                "{\"a\":\"12345678\"} | {\"a\":\"12345678\"}",
                "{\"a\":\"123456789\"} | {\"a\":\"12345678\"}",
                "{\"1234567890\":1,\"b\":[2,{\"c\":null}]} | {\"12345678\":1,\"b\":[2,{\"c\":null}]}",
                "[\"1234567\\\"90\",\"next\"] | [\"1234567\\\"\",\"next\"]",
                "[\"12345678\\\"\\\\\",\"next\"] | [\"12345678\",\"next\"]",
                "[\"12345\\u00e4\\u00e4\"] | [\"12345\\u00e4\"]",
                "[\"1234567ää\"] | [\"1234567ä\"]",
                "[\"\",\"123456789\",\"\",{}] | [\"\",\"12345678\",\"\",{}]",
                "[1234567890123,true] | [1234567890123,true]",
            })
    void cutsNamesAndTextsAndNothingElse(String written, String read) throws IOException {
        byte[] bytes = written.strip().getBytes(StandardCharsets.UTF_8);
        try (InputStream whole = new BoundedJson(new ByteArrayInputStream(bytes), 8);
                InputStream trickling = new BoundedJson(byteByByte(bytes), 8)) {
            assertThat(json.readTree(whole)).isEqualTo(json.readTree(read));
            assertThat(json.readTree(trickling)).isEqualTo(json.readTree(read));
        }
    }

    private static InputStream byteByByte(byte[] bytes) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] target, int offset, int most) {
                return super.read(target, offset, Math.min(1, most));
            }
        };
    }
}
