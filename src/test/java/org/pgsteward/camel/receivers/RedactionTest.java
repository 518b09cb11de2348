package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class RedactionTest {
    private final Redaction redaction =
            new Redaction(List.of("https://hooks.example/T0/B0/xyz", "s3cr&t+pw", "", "abc"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "failed invoking https://hooks.example/T0/B0/xyz with statusCode: 500"
                        + "| failed invoking *** with statusCode: 500",
                "bad path /T0/B0/xyz | bad path ***",
                "login as ops with s3cr&t+pw | login as ops with ***",
                "?password=s3cr%26t%2Bpw&x=1 | ?password=***&x=1",
                "POST http://other.example:8080/private?k=v failed | POST http://other.example:8080/*** failed",
                "see http://me:pw@other.example for more | see http://other.example for more",
                "smtp://h:25?username=me&to=x | smtp://h:25/***",
                "Token: abcdef, else nothing | Token: ***, else nothing",
                "password=RAW(a&b) left | password=*** left",
                "Connect to localhost:8080 failed: Connection refused | Connect to localhost:8080 failed: Connection refused"
            })
    void keepsHelpfulTextAndRemovesSecrets(String text, String expected) {
        assertThat(redaction.of(text)).isEqualTo(expected);
    }

    @Test
    void isOneLineOfAtMostThreeHundredCharacters() {
        assertThat(redaction.of("a\nb\r\nc")).isEqualTo("a b c");
        assertThat(redaction.of("x".repeat(5000))).hasSize(300);
    }

    @Test
    void saysTheFirstCause() {
        Exception trouble = new IllegalStateException("outer", new java.io.IOException("Connection refused"));

        assertThat(redaction.of(trouble)).isEqualTo("IOException: Connection refused");
    }

    /** A receiver answers with any text. Redacting 64 KB of one letter once took half a minute. */
    @Test
    @Timeout(20)
    void aLongAnswerIsRedactedAtOnce() {
        String line = new Redaction(List.of("T0S3CRET")).of("x".repeat(100_000) + "T0S3CRET " + "y".repeat(2_000_000));
        assertThat(line).hasSize(300).doesNotContain("T0S3CRET");
    }
}
