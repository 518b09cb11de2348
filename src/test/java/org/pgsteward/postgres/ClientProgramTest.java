package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("fast")
@Timeout(value = 40, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClientProgramTest {
    /**
     * psql answers each of many statements at once. The input and the output are both larger than the pipes' buffers.
     */
    private static final String LONG = "SELECT 1, count(*) FROM größe;\n".repeat(20_000);

    @Test
    void aProgramThatAnswersWhileItReadsIsNotWaitedForForEver() throws Exception {
        assertThat(run("cat", LONG)).isEqualTo(LONG);
        assertThat(run("cat; echo done", "")).isEqualTo("done\n");
    }

    @Test
    void oneThatStopsReadingSaysWhyByItsExitCode() {
        assertThatThrownBy(() -> run("echo 'I had enough' >&2; exit 3", LONG))
                .isInstanceOf(IOException.class)
                .hasMessage("sh ended with exit code 3: I had enough");
        assertThatThrownBy(() -> run("exit 0", LONG))
                .isInstanceOf(IOException.class)
                .hasMessage("sh did not read all of its input");
    }

    @Test
    void programKilledByTheKernelIsReportedWithARemedy() {
        assertThatThrownBy(() -> run("kill -9 $$", ""))
                .hasMessageContaining("exit code 137 (killed, usually for lack of");
    }

    @Test
    void errorTextContainsNoRows() {
        String said = """
                ERROR:  new row for relation "users" violates check constraint "c"
                DETAIL:  Failing row contains (1, $2y$10$hash), with a line
                break, 2024-01-01).
                ERROR:  duplicate key value violates unique constraint "u"
                DETAIL:  Key (name, "hash")=(anna, $2y$10$hash) already exists.
                DETAIL:  Key (a)=(anna) is not present in table "b".
                CONTEXT:  COPY users, line 17, column hash: "$2y$10$hash"
                CONTEXT:  COPY users, line 17: "anna	$2y$10$hash"
                """;

        assertThat(HiddenRows.in(said)).isEqualTo("""
                ERROR:  new row for relation "users" violates check constraint "c"
                DETAIL:  Failing row is not shown.
                ERROR:  duplicate key value violates unique constraint "u"
                DETAIL:  Key (name, "hash")=(...) already exists.
                DETAIL:  Key (a)=(...) is not present in table "b".
                CONTEXT:  COPY users, line 17, column hash
                CONTEXT:  COPY users, line 17
                """);
    }

    /** Systems other than Linux have no such score to read. */
    @Test
    void isEndedBeforeUsWhenMemoryIsShort() throws Exception {
        assertThat(run("read -r line; cat /proc/$$/oom_score_adj 2>/dev/null || echo 1000", "go\n"))
                .isEqualTo("1000\n");
    }

    private static String run(String script, String input) throws Exception {
        return ClientProgram.run(UnprivilegedUser.ofThisProcess(), List.of("sh", "-c", script), Map.of(), input);
    }

    /** A list of 6 MiB with one euro sign in it used up the memory. */
    @Test
    void aLongTextIsHeldOnlyIfItTakesOneByteForACharacter() throws Exception {
        int half = ClientProgram.MOST_PRINTED / 2;
        byte[] euro = "\u20ac".getBytes(StandardCharsets.UTF_8);
        byte[] narrow = "\u00ff".repeat(half).getBytes(StandardCharsets.UTF_8);
        byte[] longest = Arrays.copyOf(euro, half);
        byte[] tooLong = Arrays.copyOf(euro, half + 1);

        assertThat(ClientProgram.text(narrow, StandardCharsets.UTF_8, "psql")).hasSize(half);
        assertThat(ClientProgram.text(longest, StandardCharsets.UTF_8, "psql")).startsWith("\u20ac");
        assertThat(ClientProgram.text(tooLong, StandardCharsets.ISO_8859_1, "psql"))
                .hasSize(half + 1);
        assertThatThrownBy(() -> ClientProgram.text(tooLong, StandardCharsets.UTF_8, "psql"))
                .hasMessage(
                        "psql printed more than 3145728 bytes, the limit for a text with characters outside Latin-1");
    }
}
